#!/usr/bin/env bash
# Start a job from a built template, on a store that `tocsin store migrate` has been run on.
#
#   PROJECT REGION BUCKET VERSION     as for build.sh
#   JOB=tocsin                        its name: one running job of a name, so that a second start is refused
#   SERVICE_ACCOUNT=…  SUBNETWORK=…   from `terraform output`
#   CONFIG=gs://…/dataflow.yaml       the settings
#   STORE=secret-manager:…            a reference to the store's URL
#   SLACK_TOKEN=secret-manager:…      a reference to the bot token; may be left out
#   SUBSCRIPTION=projects/…           the article queue; may be left out
#   MAX_WORKERS=10  MACHINE=n2-standard-2   may be left out
#
# deploy/dataflow/launch.sh [--dry-run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/dataflow/names.sh
arguments "$@"
MAX_WORKERS="${MAX_WORKERS:-10}" MACHINE="${MACHINE:-n2-standard-2}"
need "${LAUNCH_NAMES[@]}"
given SUBSCRIPTION SLACK_TOKEN
tools gcloud

launch_command
run "${LAUNCH[@]}"
