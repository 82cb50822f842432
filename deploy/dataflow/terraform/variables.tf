# Everything that differs between two newsrooms. Each is held against what it may be, before anything is made.

variable "project" {
  type        = string
  description = "The Google Cloud project, as newsroom-prod."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "project must be a project id: 6 to 30 small letters, digits and dashes, as newsroom-prod."
  }
}

variable "region" {
  type        = string
  description = "Where everything stands, as europe-west1: job, store, bucket and queue side by side."
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region, as europe-west1; a zone (europe-west1-b) is too narrow."
  }
}

variable "name" {
  type        = string
  default     = "tocsin"
  description = "What everything is called; give another for a second newsroom in one project."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,16}[a-z0-9]$", var.name))
    error_message = "name must be 4 to 18 small letters, digits and dashes, as tocsin: account names have 30 at most."
  }
}

variable "bucket" {
  type        = string
  description = "The bucket for settings, templates and staging; its name must be free in all of Google Cloud."
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket must be a bucket's name without gs://, as newsroom-tocsin."
  }
}

variable "release" {
  type        = string
  default     = null
  description = "The version whose template (deploy/dataflow/build.sh) the job runs; null: all but the job is made."
  validation {
    condition     = var.release == null || can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+([._-][A-Za-z0-9._-]{1,40})?$", var.release))
    error_message = "release must be a version, as 0.1.0, or null."
  }
}

variable "config" {
  type        = string
  default     = "settings/dataflow.yaml"
  description = "The settings file in the bucket, by its path there."
  validation {
    condition     = can(regex("^[A-Za-z0-9._-][A-Za-z0-9._/-]{0,900}\\.ya?ml$", var.config))
    error_message = "config must be the path of a YAML file in the bucket, as settings/dataflow.yaml."
  }
}

variable "renames" {
  type        = map(string)
  default     = {}
  description = "Steps that this release renamed: the renames of deploy/dataflow/renames.json."
}

variable "max_workers" {
  type        = number
  default     = 10
  description = "The most workers at once. The store's connections hang on it (store_connections)."
  validation {
    condition     = var.max_workers >= 1 && var.max_workers <= 200 && floor(var.max_workers) == var.max_workers
    error_message = "max_workers must be a whole number from 1 to 200."
  }
}

variable "machine_type" {
  type        = string
  default     = "n2-standard-2"
  description = "What a worker runs on; docs/deployment.md says how many articles it carries."
  validation {
    condition     = can(regex("^[a-z][a-z0-9]*-(standard|highmem|highcpu)-[0-9]+$", var.machine_type))
    error_message = "machine_type must be a machine type, as n2-standard-2."
  }
}

variable "store_tier" {
  type        = string
  default     = "db-custom-2-7680"
  description = "The store's machine: 2 vCPU and 7.5 GB to begin with."
  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.store_tier))
    error_message = "store_tier must be a Cloud SQL tier, as db-custom-2-7680 (vCPU and MB)."
  }
}

variable "store_connections" {
  type        = number
  default     = 200
  description = "max_connections of the store."
  validation {
    # Two vCPU a worker, four threads each (FLAGS in pipeline/cli/dataflow_template.py), and twenty for people and tools.
    condition     = var.store_connections >= 25 && var.store_connections <= 1000
    error_message = "store_connections must be from 25 to 1000."
  }
}

variable "store_disk_gb" {
  type        = number
  default     = 50
  description = "The store's disk to begin with; it grows by itself."
  validation {
    condition     = var.store_disk_gb >= 10 && var.store_disk_gb <= 10000
    error_message = "store_disk_gb must be from 10 to 10000."
  }
}

variable "store_available" {
  type        = string
  default     = "REGIONAL"
  description = "REGIONAL: a second instance in another zone stands by. ZONAL is half the price, and waits out a zone."
  validation {
    condition     = contains(["REGIONAL", "ZONAL"], var.store_available)
    error_message = "store_available must be REGIONAL or ZONAL."
  }
}

variable "subnet_range" {
  type        = string
  default     = "10.64.0.0/22"
  description = "Addresses of the workers: one each, and as many again while an update runs old and new side by side."
  validation {
    condition     = can(cidrnetmask(var.subnet_range)) && try(tonumber(split("/", var.subnet_range)[1]) <= 26, false)
    error_message = "subnet_range must be a range of at least 64 addresses, as 10.64.0.0/22."
  }
}

variable "notify" {
  type        = list(string)
  default     = []
  description = "Notification channels that are told of trouble: projects/P/notificationChannels/N."
  validation {
    condition     = alltrue([for channel in var.notify : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notify holds full names of channels, as projects/newsroom-prod/notificationChannels/123."
  }
}

variable "lag_minutes" {
  type        = number
  default     = 10
  description = "How far the job may lag before somebody is told."
  validation {
    condition     = var.lag_minutes >= 1 && var.lag_minutes <= 1440
    error_message = "lag_minutes must be from 1 to 1440."
  }
}

variable "dead_letters_an_hour" {
  type        = number
  default     = 20
  description = "More dead letters than these in an hour are told: one broken feed makes about this many."
  validation {
    condition     = var.dead_letters_an_hour >= 0
    error_message = "dead_letters_an_hour must not be negative."
  }
}

variable "protect" {
  type        = bool
  default     = true
  description = "Keep the store from being deleted by Terraform; false only for something to be thrown away."
}
