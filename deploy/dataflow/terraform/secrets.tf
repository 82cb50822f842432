# The secrets' places, without what they hold: versions are added by hand (README.md), so that no value is ever in a
# Terraform file, plan or state.

locals {
  secrets = {
    store       = "${var.name}-store"
    slack_token = "${var.name}-slack-token"
  }
}

resource "google_secret_manager_secret" "this" {
  for_each  = local.secrets
  secret_id = each.value

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }

  depends_on = [google_project_service.needed]
}
