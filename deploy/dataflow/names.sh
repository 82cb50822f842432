# shellcheck shell=bash disable=SC2034,SC2153
# (The scripts that source this file set and read the names that it leaves unset and unread.)
#
# What the scripts of this folder share: names come from variables, each is held against what it may be, and with
# --dry-run every command is printed instead of run. Sourced, never run.

DRY_RUN=0

stop() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 2
}

# arguments "$@": --dry-run is the only one; everything else is a variable, so that a launch can be kept in a file.
arguments() {
  local argument
  for argument in "$@"; do
    case "$argument" in
      --dry-run) DRY_RUN=1 ;;
      -h | --help) usage; exit 0 ;;
      *) stop "unknown argument '$argument': only --dry-run is known; names are given as variables (--help)" ;;
    esac
  done
}

# usage: the comment that the script opens with.
usage() {
  sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "deploy/dataflow/${0##*/}"
}

# Every name that a script may need, and what it must be. The value is printed in the complaint, except where a secret may
# have been put by mistake.
pattern_of() {
  local project='[a-z][a-z0-9-]{4,28}[a-z0-9]'
  case "$1" in
    PROJECT) printf '^%s$' "$project" ;;
    REGION) printf '^[a-z]+-[a-z]+[0-9]+$' ;;
    BUCKET) printf '^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$' ;;
    REPOSITORY) printf '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$' ;;
    VERSION) printf '^[0-9]+\\.[0-9]+\\.[0-9]+([._-][A-Za-z0-9._-]{1,40})?$' ;;
    JOB) printf '^[a-z]([a-z0-9-]{0,1022}[a-z0-9])?$' ;;
    SERVICE_ACCOUNT) printf '^[a-z][a-z0-9-]{4,28}[a-z0-9]@%s\\.iam\\.gserviceaccount\\.com$' "$project" ;;
    SUBNETWORK) printf '^regions/[a-z]+-[a-z]+[0-9]+/subnetworks/[a-z]([a-z0-9-]{0,61}[a-z0-9])?$' ;;
    CONFIG) printf '^gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/[A-Za-z0-9._/-]{1,900}\\.ya?ml$' ;;
    STORE | SLACK_TOKEN)
      printf '^secret-manager:projects/%s/secrets/[A-Za-z0-9_-]{1,255}/versions/(latest|[1-9][0-9]*)$' "$project" ;;
    SUBSCRIPTION) printf '^projects/%s/subscriptions/[A-Za-z][A-Za-z0-9._~+%%-]{2,254}$' "$project" ;;
    MACHINE) printf '^[a-z][a-z0-9]*-[a-z]+-[0-9]+$' ;;
    MAX_WORKERS) printf '^[1-9][0-9]{0,2}$' ;;
    DRAIN_MINUTES) printf '^[1-9][0-9]{0,3}$' ;;
    *) stop "no pattern is known for the variable $1" ;;
  esac
}

example_of() {
  case "$1" in
    PROJECT) printf 'newsroom-prod' ;;
    REGION) printf 'europe-west1' ;;
    BUCKET) printf 'newsroom-tocsin' ;;
    REPOSITORY) printf 'tocsin' ;;
    VERSION) printf '0.1.0' ;;
    JOB) printf 'tocsin' ;;
    SERVICE_ACCOUNT) printf 'tocsin-worker@newsroom-prod.iam.gserviceaccount.com' ;;
    SUBNETWORK) printf 'regions/europe-west1/subnetworks/tocsin' ;;
    CONFIG) printf 'gs://newsroom-tocsin/settings/dataflow.yaml' ;;
    STORE) printf 'secret-manager:projects/newsroom-prod/secrets/tocsin-store/versions/latest' ;;
    SLACK_TOKEN) printf 'secret-manager:projects/newsroom-prod/secrets/tocsin-slack-token/versions/latest' ;;
    SUBSCRIPTION) printf 'projects/newsroom-prod/subscriptions/tocsin-articles' ;;
    MACHINE) printf 'n2-standard-2' ;;
    MAX_WORKERS) printf '10' ;;
    DRAIN_MINUTES) printf '30' ;;
  esac
}

# need NAME...: each is set, and is what it must be. All that is wrong is said at once.
need() {
  local name pattern value wrong=0
  for name in "$@"; do
    pattern="$(pattern_of "$name")"
    value="${!name:-}"
    if [[ -z "$value" ]]; then
      printf '%s: %s is not set; set it, as %s=%s\n' "${0##*/}" "$name" "$name" "$(example_of "$name")" >&2
      wrong=1
    elif [[ ! "$value" =~ $pattern ]]; then
      case "$name" in
        STORE | SLACK_TOKEN)
          printf '%s: %s must be a reference to a secret, never the secret; as %s=%s\n' \
            "${0##*/}" "$name" "$name" "$(example_of "$name")" >&2 ;;
        *)
          printf "%s: %s='%s' is not what it must be; as %s=%s\n" \
            "${0##*/}" "$name" "$value" "$name" "$(example_of "$name")" >&2 ;;
      esac
      wrong=1
    fi
  done
  ((wrong == 0)) || exit 2
}

# given NAME...: the same for names that may be left out.
given() {
  local name
  for name in "$@"; do
    [[ -z "${!name:-}" ]] || need "$name"
  done
}

# tools NAME...: each command is there. A dry run needs none of them.
tools() {
  local tool
  ((DRY_RUN)) && return 0
  for tool in "$@"; do
    command -v "$tool" >/dev/null || stop "the command $tool is missing; install it, or look with --dry-run"
  done
}

# run COMMAND...: it is run, or with --dry-run printed so that it can be pasted.
run() {
  if ((DRY_RUN)); then
    printf '%q ' "$@"
    printf '\n'
  else
    "$@"
  fi
}

# job_id: the id of the running job of this name; a name is unique among running jobs.
job_id() {
  if ((DRY_RUN)); then
    printf 'ID-OF-%s' "$JOB"
    return
  fi
  local id
  id="$(gcloud dataflow jobs list --project="$PROJECT" --region="$REGION" --status=active \
    --filter="name=$JOB AND state=Running" --format='value(id)' --limit=1)"
  [[ -n "$id" ]] || stop "no job named '$JOB' is running in $REGION; gcloud dataflow jobs list shows all of them"
  printf '%s' "$id"
}

# What launch.sh and update.sh give to the same template, so that an update changes nothing by accident.
launch_command() {
  local parameters="config=$CONFIG,store=$STORE"
  [[ -z "${SUBSCRIPTION:-}" ]] || parameters+=",subscription=$SUBSCRIPTION"
  [[ -z "${SLACK_TOKEN:-}" ]] || parameters+=",slack_token=$SLACK_TOKEN"
  LAUNCH=(
    gcloud dataflow flex-template run "$JOB"
    --project="$PROJECT" --region="$REGION"
    --template-file-gcs-location="gs://$BUCKET/templates/tocsin-$VERSION.json"
    --service-account-email="$SERVICE_ACCOUNT"
    --staging-location="gs://$BUCKET/staging" --temp-location="gs://$BUCKET/temp"
    # Workers reach Google's services, the store and the feeds through the subnetwork's private access and NAT.
    --subnetwork="$SUBNETWORK" --disable-public-ips
    # The ceiling keeps workers x vCPU x threads below the store's connections; docs/deployment.md has the sum.
    --max-workers="$MAX_WORKERS" --num-workers=1
    # Two vCPU: the smallest machine on which one process reads while the other waits for the store.
    --worker-machine-type="$MACHINE"
    --parameters="$parameters"
  )
}

LAUNCH_NAMES=(PROJECT REGION BUCKET VERSION JOB SERVICE_ACCOUNT SUBNETWORK CONFIG STORE MAX_WORKERS MACHINE)
