# The job itself. Changing `release` updates it in place; destroying it drains it.

resource "google_dataflow_flex_template_job" "tocsin" {
  count = var.release == null ? 0 : 1

  name                    = var.name
  region                  = var.region
  container_spec_gcs_path = "gs://${google_storage_bucket.tocsin.name}/templates/tocsin-${var.release}.json"
  service_account_email   = google_service_account.worker.email
  subnetwork              = google_compute_subnetwork.workers.self_link
  ip_configuration        = "WORKER_IP_PRIVATE"
  temp_location           = "gs://${google_storage_bucket.tocsin.name}/temp"
  staging_location        = "gs://${google_storage_bucket.tocsin.name}/staging"
  sdk_container_image     = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}/tocsin:${var.release}"
  machine_type            = var.machine_type
  num_workers             = 1
  max_workers             = var.max_workers
  enable_streaming_engine = true # a streaming Python job has it in any case; said, so that a plan shows no difference
  on_delete               = "drain"

  transform_name_mapping = var.renames

  # References, never secrets: parameters stand in the job for all who may look at it. The other flags, with their
  # reasons, are in the package (FLAGS in pipeline/cli/dataflow_template.py): the same for a launch by hand.
  parameters = {
    config       = "gs://${google_storage_bucket.tocsin.name}/${var.config}"
    store        = "secret-manager:${google_secret_manager_secret.this["store"].id}/versions/latest"
    slack_token  = "secret-manager:${google_secret_manager_secret.this["slack_token"].id}/versions/latest"
    subscription = google_pubsub_subscription.articles.id
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.worker,
    google_compute_router_nat.out,
    google_project_iam_member.worker,
    google_pubsub_subscription_iam_member.worker,
    google_secret_manager_secret_iam_member.worker,
    google_sql_database.tocsin,
    google_storage_bucket_iam_member.worker,
  ]
}
