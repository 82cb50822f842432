# The network: workers without public addresses, the store reached by a private one, and one way out, to the feeds.

resource "google_compute_network" "tocsin" {
  name                    = var.name
  auto_create_subnetworks = false
  depends_on              = [google_project_service.needed]
}

resource "google_compute_subnetwork" "workers" {
  name          = var.name
  region        = var.region
  network       = google_compute_network.tocsin.id
  ip_cidr_range = var.subnet_range
  # Pub/Sub, Cloud Storage, Secret Manager and Dataflow itself are reached without leaving Google's network.
  private_ip_google_access = true
}

# Feeds are on the internet; workers have no address there. Publishers see the address of this NAT.
resource "google_compute_router" "out" {
  name    = "${var.name}-out"
  region  = var.region
  network = google_compute_network.tocsin.id
}

resource "google_compute_router_nat" "out" {
  name                               = "${var.name}-out"
  router                             = google_compute_router.out.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.workers.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }
}

# Dataflow's workers speak to each other on these two ports; nothing else may come in.
resource "google_compute_firewall" "workers" {
  name      = "${var.name}-workers"
  network   = google_compute_network.tocsin.id
  direction = "INGRESS"

  allow {
    protocol = "tcp"
    ports    = ["12345-12346"]
  }

  source_tags = ["dataflow"]
  target_tags = ["dataflow"]
}

# Where Cloud SQL's private addresses come from.
resource "google_compute_global_address" "services" {
  name          = "${var.name}-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.tocsin.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.tocsin.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}
