# Who watches the watcher: five policies, each with what to do first. docs/deployment.md goes on from there.

locals {
  job     = "resource.type=\"dataflow_job\" AND resource.labels.job_name=\"${var.name}\""
  minutes = "${var.lag_minutes * 60}s"
}

resource "google_monitoring_alert_policy" "lag" {
  display_name          = "${var.name}: the job lags"
  combiner              = "OR"
  notification_channels = var.notify

  conditions {
    display_name = "an article waits longer than ${var.lag_minutes} minutes"
    condition_threshold {
      filter          = "${local.job} AND metric.type=\"dataflow.googleapis.com/job/system_lag\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.lag_minutes * 60
      duration        = "300s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content = "Is the job at max_workers? Raise it, with store_connections. Is the store slow (log, CPU)? Give it a larger tier. Neither: see which step holds the data in the job's graph."
  }
}

resource "google_monitoring_alert_policy" "freshness" {
  display_name          = "${var.name}: what comes out is old"
  combiner              = "OR"
  notification_channels = var.notify

  conditions {
    display_name = "the data watermark is older than ${var.lag_minutes} minutes"
    condition_threshold {
      filter          = "${local.job} AND metric.type=\"dataflow.googleapis.com/job/data_watermark_age\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.lag_minutes * 60
      duration        = "300s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  # A job that is gone reports nothing at all; that is the worst lag there is.
  conditions {
    display_name = "nothing has been heard of the job"
    condition_absent {
      filter   = "${local.job} AND metric.type=\"dataflow.googleapis.com/job/data_watermark_age\""
      duration = local.minutes
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content = "Nothing heard: is a job of this name running? Start it on the same store; it takes up what was in hand. Old data: the queue or the feeds hand over late, or the job lags."
  }
}

resource "google_monitoring_alert_policy" "failed" {
  display_name          = "${var.name}: the job has failed"
  combiner              = "OR"
  notification_channels = var.notify

  conditions {
    display_name = "the job is in the state of failure"
    condition_threshold {
      filter          = "${local.job} AND metric.type=\"dataflow.googleapis.com/job/is_failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content = "The log's last error says why. Nothing is lost: start the job anew on the same store."
  }
}

# Tocsin counts what it buries as `dead`. Dataflow reports a counter as it stands, so an hour's growth is asked for.
resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "${var.name}: many dead letters"
  combiner              = "OR"
  notification_channels = var.notify

  conditions {
    display_name = "more than ${var.dead_letters_an_hour} dead letters in an hour"
    condition_prometheus_query_language {
      query               = "sum(delta(dataflow_googleapis_com:job_user_counter{monitored_resource=\"dataflow_job\",job_name=\"${var.name}\",metric_name=\"dead\"}[1h])) > ${var.dead_letters_an_hour}"
      duration            = "0s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    content = "tocsin dead-letters shows them with their reasons, and reads them again when the cause is mended."
  }
}

resource "google_monitoring_alert_policy" "queue" {
  display_name          = "${var.name}: articles that the queue could not hand over"
  combiner              = "OR"
  notification_channels = var.notify

  conditions {
    display_name = "messages in the dead letter topic"
    condition_threshold {
      filter          = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead.name}\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "300s"
      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    content = "Ten deliveries failed without Tocsin burying the article: the store was not reached. Mend it, then publish the messages to the article topic again."
  }
}
