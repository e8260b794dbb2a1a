#!/bin/bash
# An image that Glance answers 404 for can still refuse its id to a new image: 409 "already exists". So a tool that makes
# images with ids of its own (the same id in every region, or a create that may be repeated) can never make a deleted
# image again under its id. `glance-manage db purge`, which removes deleted records, does not free the id either (that is
# on purpose: OSSN-0075); only `glance-manage db purge_images_table` does.
# Guess before: 404 means that the id is free, or at the latest the purge frees it.
# Seen with Debian 12, glance 25.1.0:
#   made 201, deleted 204, shown 404, made again 409
#   made again after db purge 409
#   made again after db purge_images_table 201
# Needs root, for apt-get. Glance runs in a temporary folder, with SQLite, without Keystone.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-glance curl >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-glance
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
manage() { glance-manage --config-file "$folder/glance.conf" db "$@" >>"$folder/manage.log" 2>&1; }
manage sync
/usr/bin/python3 -c 'from glance.cmd.api import main; main()' --config-file "$folder/glance.conf" 2>"$folder/api.log" &
api=$!
trap 'kill "$api"; rm -rf "$folder"' EXIT
url=http://127.0.0.1:$port/v2/images
ask() { curl -s -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@"; }
for _ in {1..120}; do [ "$(ask "$url")" = 200 ] && break; sleep 0.5; done
id=$(cat /proc/sys/kernel/random/uuid)
make() { ask -d "{\"id\": \"$id\", \"name\": \"golden\"}" "$url"; }

made="made $(make), deleted $(ask -X DELETE "$url/$id"), shown $(ask "$url/$id"), made again $(make)"
echo "$made"
sleep 1
manage purge --age_in_days 0
purged="made again after db purge $(make)"
echo "$purged"
manage purge_images_table --age_in_days 0
freed="made again after db purge_images_table $(make)"
echo "$freed"
[ "$made" = "made 201, deleted 204, shown 404, made again 409" ]
[ "$purged" = "made again after db purge 409" ]
[ "$freed" = "made again after db purge_images_table 201" ]
