#!/bin/bash
# Makes a server, and ends when the image of it is current and the server is gone. Usage: build.sh VERSION
set -euo pipefail
version=$1
here=$(dirname "$0")
fail() {
  echo "build: $*" >&2
  exit 1
}

echo "1. make the server"
server=$(openstack server create --image "$BASE_IMAGE" --flavor "$FLAVOR" --nic "$NIC" \
  --property purpose=golden --wait -f json "build-$version" | jq -er .id)
# … install what belongs into the image, and check it …

echo "2. wait for the callback, in the background"
outcome=$(mktemp)
node "$here/receive.mjs" >"$outcome" &
receiver=$!
trap 'kill "$receiver" 2>/dev/null || true; rm -f "$outcome"' EXIT

echo "3. tell Regild which server is ready"
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \n')
now=$(date +%s)
body=$(jq -nc --arg id "$server" --arg version "$version" '{type: "image.ready", server: {id: $id}, version: $version}')
signature=$(printf %s "build-$version.$now.$body" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
run=$(curl -fsS "$WEBHOOK_URL" -H "webhook-id: build-$version" -H "webhook-timestamp: $now" \
  -H "webhook-signature: v1,$signature" -d "$body" | jq -er '.runs[0].id')
echo "   run $run"

echo "4. poll the run"
while
  state=$(curl -fsS "$REGILD_URL/v1/runs/$run" -H "Authorization: Bearer $REGILD_TOKEN" | jq -er .run.state)
  [ "$state" = running ]
do sleep 2; done
echo "   $state"

echo "5. read the callback"
wait "$receiver"
[ "$(jq -r .type "$outcome")" = run.succeeded ] || fail "$(jq .data.failure "$outcome")"
image=$(jq -er .data.image.id "$outcome")

echo "6. find the image by its version"
[ "$(openstack image list --tag "regild-version-runner:$version" -f value -c ID)" = "$image" ] ||
  fail "the tag leads to another image"
echo "   image $image"

echo "7. the server is gone"
[ -z "$(openstack server list --name "^build-$version\$" -f value -c ID)" ] || fail "the server is still there"
