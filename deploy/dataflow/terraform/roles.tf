# Who the workers are, and the least that they may do. Of the project they have three roles; all else hangs on single things.

locals {
  services = [
    "artifactregistry.googleapis.com",
    "compute.googleapis.com",
    "dataflow.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ]

  # dataflow.worker: take work and report on it. The other two: counters and log lines. No cloudsql.client: the store is
  # reached by its private address with its own user, and Cloud SQL's connector is not used.
  project_roles = ["roles/dataflow.worker", "roles/monitoring.metricWriter", "roles/logging.logWriter"]

  worker = "serviceAccount:${google_service_account.worker.email}"
}

resource "google_project_service" "needed" {
  for_each           = toset(local.services)
  service            = each.value
  disable_on_destroy = false # others in this project may need it
}

resource "google_service_account" "worker" {
  account_id   = "${var.name}-worker"
  display_name = "Tocsin's workers"
}

resource "google_project_iam_member" "worker" {
  for_each = toset(local.project_roles)
  project  = var.project
  role     = each.value
  member   = local.worker
}

# To read these two secrets, and no other of the project.
resource "google_secret_manager_secret_iam_member" "worker" {
  for_each  = google_secret_manager_secret.this
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.worker
}

# To take articles from this subscription. The viewer's role is for Dataflow, which asks how much is waiting.
# Event times come from no attribute, so Dataflow makes no subscription of its own and needs no role on the topic.
resource "google_pubsub_subscription_iam_member" "worker" {
  for_each     = toset(["roles/pubsub.subscriber", "roles/pubsub.viewer"])
  subscription = google_pubsub_subscription.articles.id
  role         = each.value
  member       = local.worker
}

# To read settings and stage in this bucket.
resource "google_storage_bucket_iam_member" "worker" {
  bucket = google_storage_bucket.tocsin.name
  role   = "roles/storage.objectUser"
  member = local.worker
}

# To pull images from this repository.
resource "google_artifact_registry_repository_iam_member" "worker" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = local.worker
}
