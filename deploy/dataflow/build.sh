#!/usr/bin/env bash
# Build the image and the template of this checkout, and put both where a launch finds them.
#
#   PROJECT=newsroom-prod REGION=europe-west1 BUCKET=newsroom-tocsin REPOSITORY=tocsin VERSION=0.1.0 \
#     deploy/dataflow/build.sh [--dry-run]
#
# VERSION is the version in pyproject.toml, with what you add to it (0.1.0-rc1). A tag that is there already is refused:
# a running job whose workers restart would get another image than it was started with.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source deploy/dataflow/names.sh
arguments "$@"
need PROJECT REGION BUCKET REPOSITORY VERSION
tools docker gcloud

packaged="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)"
[[ "$VERSION" == "$packaged" || "$VERSION" == "$packaged"[._-]* ]] ||
  stop "VERSION='$VERSION' is not the version of this checkout, which is $packaged (pyproject.toml)"

image="$REGION-docker.pkg.dev/$PROJECT/$REPOSITORY/tocsin:$VERSION"
if ((!DRY_RUN)) && gcloud artifacts docker images describe "$image" --project="$PROJECT" >/dev/null 2>&1; then
  stop "$image is there already, and a tag is never moved; take another VERSION, as $packaged-1"
fi
run docker build --file=deploy/dataflow/Dockerfile --build-arg="IMAGE=$image" --tag="$image" .
run docker push "$image"
run gcloud dataflow flex-template build "gs://$BUCKET/templates/tocsin-$VERSION.json" \
  --project="$PROJECT" --image="$image" --sdk-language=PYTHON --metadata-file=deploy/dataflow/metadata.json
