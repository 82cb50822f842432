# The queue that articles may come by, and where a message goes that could not be taken after ten times.

data "google_project" "this" {}

locals {
  # Pub/Sub itself moves a message to the dead letter topic, as this account.
  pubsub_agent = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "articles" {
  name       = "${var.name}-articles"
  depends_on = [google_project_service.needed]

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_topic" "dead" {
  name       = "${var.name}-articles-dead"
  depends_on = [google_project_service.needed]

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "articles" {
  name  = "${var.name}-articles"
  topic = google_pubsub_topic.articles.id
  # A weekend without anybody who looks, and Monday to mend it.
  message_retention_duration = "604800s"
  # Taking in is one store transaction a batch; a message that is longer in hand than this comes again and is known.
  ack_deadline_seconds = 60

  expiration_policy {
    ttl = "" # never: a queue that was quiet for a month is still a queue
  }

  dead_letter_policy {
    dead_letter_topic = google_pubsub_topic.dead.id
    # What Tocsin cannot read it buries itself and acknowledges; here only what cannot even be taken in ends up.
    max_delivery_attempts = 10
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

# Keeps what came to the dead letter topic until somebody looks.
resource "google_pubsub_subscription" "dead" {
  name                       = "${var.name}-articles-dead"
  topic                      = google_pubsub_topic.dead.id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "dead" {
  topic  = google_pubsub_topic.dead.id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead" {
  subscription = google_pubsub_subscription.articles.id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
