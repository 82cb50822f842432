#!/usr/bin/env bash
# Look before a launch: do the bucket, the template, the settings, the secrets and the queue exist? Is a job running?
# It reads and changes nothing, and never reads a secret's value.
#
# The variables are those of launch.sh.  deploy/dataflow/check.sh [--dry-run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/dataflow/names.sh
arguments "$@"
MAX_WORKERS="${MAX_WORKERS:-10}" MACHINE="${MACHINE:-n2-standard-2}"
need "${LAUNCH_NAMES[@]}"
given SUBSCRIPTION SLACK_TOKEN
tools gcloud

wrong=0
# there WHAT COMMAND...: says whether the thing is there, and goes on to the next.
there() {
  local what="$1"
  shift
  if ((DRY_RUN)); then
    run "$@"
  elif "$@" >/dev/null 2>&1; then
    printf 'ok       %s\n' "$what"
  else
    printf 'MISSING  %s\n' "$what"
    wrong=1
  fi
}

# secret REFERENCE: its version is there and enabled; the value stays where it is.
secret() {
  local path="${1#secret-manager:}"
  [[ "$path" =~ ^projects/([^/]+)/secrets/([^/]+)/versions/([^/]+)$ ]] || stop "a reference has no version"
  there "secret ${BASH_REMATCH[2]}, version ${BASH_REMATCH[3]}" \
    gcloud secrets versions describe "${BASH_REMATCH[3]}" --secret="${BASH_REMATCH[2]}" --project="${BASH_REMATCH[1]}"
}

there "template of $VERSION" \
  gcloud storage objects describe "gs://$BUCKET/templates/tocsin-$VERSION.json" --project="$PROJECT"
there "settings $CONFIG" gcloud storage objects describe "$CONFIG" --project="$PROJECT"
there "service account $SERVICE_ACCOUNT" \
  gcloud iam service-accounts describe "$SERVICE_ACCOUNT" --project="$PROJECT"
secret "$STORE"
[[ -z "${SLACK_TOKEN:-}" ]] || secret "$SLACK_TOKEN"
[[ -z "${SUBSCRIPTION:-}" ]] ||
  there "queue $SUBSCRIPTION" gcloud pubsub subscriptions describe "$SUBSCRIPTION" --project="$PROJECT"
run gcloud dataflow jobs list --project="$PROJECT" --region="$REGION" --status=active --filter="name=$JOB"
((wrong == 0)) || stop "what is missing stands above; deploy/dataflow/README.md says where each comes from"
