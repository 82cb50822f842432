# The store: PostgreSQL with a private address only, a standby, backups, and every minute of the last week to go back to.

resource "google_sql_database_instance" "store" {
  name                = "${var.name}-store"
  region              = var.region
  database_version    = "POSTGRES_16"
  deletion_protection = var.protect

  settings {
    edition           = "ENTERPRISE"
    tier              = var.store_tier
    availability_type = var.store_available
    disk_type         = "PD_SSD"
    disk_size         = var.store_disk_gb
    disk_autoresize   = true

    # The same lock against deletion in the console and by gcloud, where Terraform's own does not reach.
    deletion_protection_enabled = var.protect

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.tocsin.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "02:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 14
      }
    }

    # Sunday night, when the least news comes; the standby takes over meanwhile.
    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }

    database_flags {
      name  = "max_connections"
      value = tostring(var.store_connections)
    }

    # What takes longer than a second stands in the log: the store has no query that should.
    database_flags {
      name  = "log_min_duration_statement"
      value = "1000"
    }

    insights_config {
      query_insights_enabled = true
    }
  }

  depends_on = [google_service_networking_connection.services]

  lifecycle {
    # The disk grows by itself; the next plan must not want it smaller again.
    ignore_changes = [settings[0].disk_size]

    precondition {
      # Two vCPU a worker, four threads each, twice while an update runs old and new side by side; twenty for people.
      condition     = var.store_connections >= var.max_workers * 2 * 4 + 20
      error_message = "store_connections must be at least max_workers x 2 x 4 + 20: every thread may hold a connection."
    }
  }
}

resource "google_sql_database" "tocsin" {
  name     = "tocsin"
  instance = google_sql_database_instance.store.name
}

# The user is made by hand (README.md): its password would stand in the state if it were made here.
