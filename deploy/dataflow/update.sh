#!/usr/bin/env bash
# Put a new version in the place of a running job, in one step: the old one hands over what it holds.
#
# The variables are those of launch.sh, with the new VERSION. Steps that were renamed since the last release are told by
# deploy/dataflow/renames.json; `make test-runners` fails while one is missing there. Where Dataflow refuses the update
# (a step that holds data is gone), nothing has happened: drain.sh and then launch.sh do the same with a pause.
#
# deploy/dataflow/update.sh [--dry-run]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/dataflow/names.sh
arguments "$@"
MAX_WORKERS="${MAX_WORKERS:-10}" MACHINE="${MACHINE:-n2-standard-2}"
need "${LAUNCH_NAMES[@]}"
given SUBSCRIPTION SLACK_TOKEN
tools gcloud python3

# gcloud takes the mapping as old=new, here with ~ between them, since a label may have a comma in it.
renames="$(python3 - deploy/dataflow/renames.json <<'PYTHON'
import json, sys
renames = json.load(open(sys.argv[1], encoding="utf-8"))["renames"]
if wrong := [label for pair in renames.items() for label in pair if "=" in label or "~" in label]:
    sys.exit(f"renames.json: {wrong[0]!r} has a = or a ~ in it, which gcloud cannot be told")
print("~".join("=".join(pair) for pair in renames.items()))
PYTHON
)"
launch_command
LAUNCH+=(--update)
[[ -z "$renames" ]] || LAUNCH+=("--transform-name-mappings=^~^$renames")
run "${LAUNCH[@]}"
