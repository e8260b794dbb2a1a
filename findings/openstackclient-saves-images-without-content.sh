#!/bin/bash
# `openstack image save` of an image without content writes an empty file, prints nothing and ends with 0. Each image that
# Nova makes of a server that boots from a volume is of that kind: its content is in snapshots at Cinder, which the image
# names in block_device_mapping. So a nightly "image save" of such a golden image is a backup of nothing. The file uploads
# again without a complaint either, and that image is active. An image that is still queued is saved the same way.
# Guess before: the command fails and says that the image has no data.
# Seen with Debian 12, python3-openstackclient 6.0.0-4, openstacksdk 0.101.0-2, glance 25.1.0:
#   queued: exit 0, 0 bytes
#   active, made of a snapshot: exit 0, 0 bytes
#   uploaded again: exit 0, active, 0 bytes
# The code of openstacksdk 4.20.0 is alike (download in openstack/image/_download.py looks at no status and no size). The
# image is made as Nova makes it: _create_v2 with force_activate in nova/image/glance.py.
# Needs root, for apt-get. Glance runs in a temporary folder, with SQLite, without Keystone.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-glance python3-openstackclient curl jq >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-glance python3-openstackclient python3-openstacksdk
folder=$(mktemp -d)
mkdir "$folder/images"
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/glance.conf" <<CONF
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $port
workers = 0
log_file = $folder/glance.log
[database]
connection = sqlite:///$folder/glance.sqlite
[glance_store]
filesystem_store_datadir = $folder/images
[paste_deploy]
config_file = /etc/glance/glance-api-paste.ini
CONF
glance-manage --config-file "$folder/glance.conf" db sync >"$folder/manage.log" 2>&1
/usr/bin/python3 -c 'from glance.cmd.api import main; main()' --config-file "$folder/glance.conf" 2>"$folder/api.log" &
api=$!
trap 'kill "$api"; rm -rf "$folder"' EXIT
url=http://127.0.0.1:$port
for _ in {1..120}; do curl -s -o /dev/null "$url/v2/images" && break; sleep 0.5; done

openstack() {
  env -i PATH="$PATH" HOME="$folder" /usr/bin/openstack --os-auth-type none --os-endpoint "$url" "$@" >>"$folder/client.log" 2>&1
}
saved() { # IMAGE
  rm -f "$folder/file"
  local status=0
  openstack image save --file "$folder/file" "$1" || status=$?
  echo "exit $status, $(wc -c <"$folder/file") bytes"
}

mapping='[{\"source_type\": \"snapshot\", \"snapshot_id\": \"5f8a9c1e-2d4b-4c6e-8f70-112233445566\", \"volume_size\": 10}]'
id=$(curl -s -H 'Content-Type: application/json' "$url/v2/images" \
  -d "{\"name\": \"golden\", \"disk_format\": \"qcow2\", \"container_format\": \"bare\", \"block_device_mapping\": \"$mapping\"}" | jq -r .id)
queued=$(saved "$id")
curl -s -X PUT -H 'Content-Type: application/octet-stream' --data-binary '' "$url/v2/images/$id/file"
active=$(saved "$id")
openstack image save --file "$folder/file" "$id"
status=0
openstack image create --disk-format qcow2 --container-format bare --file "$folder/file" restored || status=$?
restored="exit $status, $(curl -s "$url/v2/images?name=restored" | jq -r '.images[0] | "\(.status), \(.size) bytes"')"
seen="queued: $queued
active, made of a snapshot: $active
uploaded again: $restored"
echo "$seen"
[ "$seen" = "queued: exit 0, 0 bytes
active, made of a snapshot: exit 0, 0 bytes
uploaded again: exit 0, active, 0 bytes" ] || { cat "$folder/client.log"; exit 1; }
