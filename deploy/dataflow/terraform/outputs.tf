# What the scripts of deploy/dataflow ask for, in their own words.

output "BUCKET" {
  value = google_storage_bucket.tocsin.name
}

output "REPOSITORY" {
  value = google_artifact_registry_repository.images.repository_id
}

output "SERVICE_ACCOUNT" {
  value = google_service_account.worker.email
}

output "SUBNETWORK" {
  value = "regions/${var.region}/subnetworks/${google_compute_subnetwork.workers.name}"
}

output "CONFIG" {
  value = "gs://${google_storage_bucket.tocsin.name}/${var.config}"
}

output "STORE" {
  description = "A reference; the URL itself is added by hand."
  value       = "secret-manager:${google_secret_manager_secret.this["store"].id}/versions/latest"
}

output "SLACK_TOKEN" {
  description = "A reference; the token itself is added by hand."
  value       = "secret-manager:${google_secret_manager_secret.this["slack_token"].id}/versions/latest"
}

output "SUBSCRIPTION" {
  value = google_pubsub_subscription.articles.id
}

output "store_address" {
  description = "The store's private address, for its URL."
  value       = google_sql_database_instance.store.private_ip_address
}
