#!/usr/bin/env bash
# Write behind each tag of images/Dockerfile the digest that it has now. Needs docker with buildx, and the registries; the
# update bot keeps tags and digests together from then on.

set -euo pipefail

file=$(dirname "$0")/images/Dockerfile
grep -oP '^FROM \K[^@ ]+' "$file" | while IFS= read -r image; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
        echo "pin-images: $image has no digest: $digest" >&2
        exit 1
    }
    sed -i "s|^FROM $image\(@[^ ]*\)\? |FROM $image@$digest |" "$file"
done
