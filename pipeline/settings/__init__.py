"""Settings: everything a YAML file may say, with errors that name file, line and key.

The rest of Tocsin asks here: ``load`` for a command, ``rules_loader`` for a worker, ``check`` for a person.

* ``sheet`` reads YAML and knows the line of every key; ``secrets`` keeps secrets out of files and messages.
* ``model`` is what a settings file may say; ``amounts`` how times and sizes are written.
* ``files`` reads and lists files; ``load`` and ``feeds`` make settings of them, ``rules`` the rules.
* ``faults`` makes of every mistake one line that says what to write.
"""

from pipeline.settings.check import Checked, check, load
from pipeline.settings.files import read_config
from pipeline.settings.load import default_config, load_settings
from pipeline.settings.model import Limits, Link, Retention, Settings
from pipeline.settings.rules import load_rules, rules_for, rules_loader

__all__ = [
    "Checked",
    "Limits",
    "Link",
    "Retention",
    "Settings",
    "check",
    "default_config",
    "load",
    "load_rules",
    "load_settings",
    "read_config",
    "rules_for",
    "rules_loader",
]
