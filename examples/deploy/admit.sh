#!/bin/sh
# Lets a model start only with a permit that holds for just this place, image and files. Needs python3 and no network.
#   admit.sh permit.json -- docker run registry/fraud@sha256:…
# Beside it lie verify_permit.py (from /api/v1/permit-verifier) and permit-keys.json (from /api/v1/permit-keys), which
# whoever installs this machine has fetched once, and again after the keys were rotated.
set -eu

here=$(dirname "$0")
permit=$1
shift
[ "$1" = "--" ] && shift

# ENVIRONMENT is project/name, such as default/prod. An empty value is an error of the verifier, so that a forgotten setting lets nothing pass.
python3 -I "${VERIFIER:-$here/verify_permit.py}" "$permit" --key "${PERMIT_KEYS:-$here/permit-keys.json}" \
    --environment "${ENVIRONMENT?}" --target "${TARGET?}" --image "${IMAGE?}" --digest "${CONTENT_DIGEST?}"

exec "$@"
