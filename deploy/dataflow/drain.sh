#!/usr/bin/env bash
# Stop a job without leaving anything half done: it takes nothing new, finishes what it holds, and ends.
#
# A cancelled job loses nothing either (what it had in hand is taken up by the next one); a drained one leaves nothing
# to take up. Waits for the end, DRAIN_MINUTES at most (30).
#
#   PROJECT=newsroom-prod REGION=europe-west1 JOB=tocsin deploy/dataflow/drain.sh [--dry-run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/dataflow/names.sh
arguments "$@"
DRAIN_MINUTES="${DRAIN_MINUTES:-30}"
need PROJECT REGION JOB DRAIN_MINUTES
tools gcloud

id="$(job_id)"
run gcloud dataflow jobs drain "$id" --project="$PROJECT" --region="$REGION"
((DRY_RUN)) && exit 0
for ((minute = 0; minute < DRAIN_MINUTES; minute++)); do
  state="$(gcloud dataflow jobs describe "$id" --project="$PROJECT" --region="$REGION" --format='value(currentState)')"
  case "$state" in
    JOB_STATE_DRAINED) printf '%s is drained\n' "$JOB"; exit 0 ;;
    JOB_STATE_FAILED | JOB_STATE_CANCELLED) stop "$JOB ended as $state instead of draining; its log says why" ;;
  esac
  sleep 60
done
stop "$JOB has not drained in $DRAIN_MINUTES minutes ($state): look at the step that holds it, or cancel the job: the next one takes up what was in hand"
