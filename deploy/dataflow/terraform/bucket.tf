# The bucket for settings, templates and what Dataflow stages; the repository for images.

resource "google_storage_bucket" "tocsin" {
  name                        = var.bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  depends_on                  = [google_project_service.needed]

  # Settings and watches decide who is woken: the version before an edit can be had back.
  versioning {
    enabled = true
  }

  # What a launch stages is of no use once its job is gone, and jobs are updated more often than this.
  lifecycle_rule {
    condition {
      age            = 30
      matches_prefix = ["temp/"]
    }
    action {
      type = "Delete"
    }
  }

  # A running job's workers that restart read its staged graph again: it may be old.
  lifecycle_rule {
    condition {
      age            = 365
      matches_prefix = ["staging/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      num_newer_versions = 20
      with_state         = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  location      = var.region
  repository_id = var.name
  format        = "DOCKER"
  description   = "Images of Tocsin: launcher and worker in one."
  depends_on    = [google_project_service.needed]

  docker_config {
    # A job whose workers restart must get the image that it was started with.
    immutable_tags = true
  }
}
