"""The recipe of the packaged names model: data, augmentation, training and evaluation. project.yml puts it together."""
