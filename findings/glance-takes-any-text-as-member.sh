#!/bin/bash
# Glance takes any text as a member of a shared image: it asks nobody whether there is such a project. So a project's name
# in place of its id, or an id with a wrong digit, is answered 200, and the project that was meant never sees the image.
# Another surprise of members: while an image is private, even its owner is refused the list of its members (403); once it is
# shared again, they are all there, so making an image private takes it back from nobody for good. Only DELETE does.
# Guess before: the member's project is looked up in Keystone, and an unknown one is refused.
# Seen with Debian 12, glance 25.1.0, and with Keystone in front of it as well:
#   member of no project added 200
#   private: members 403; shared again: members no-such-project pending
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
glance-manage --config-file "$folder/glance.conf" db sync >"$folder/manage.log" 2>&1
/usr/bin/python3 -c 'from glance.cmd.api import main; main()' --config-file "$folder/glance.conf" 2>"$folder/api.log" &
api=$!
trap 'kill "$api"; rm -rf "$folder"' EXIT
url=http://127.0.0.1:$port/v2/images
ask() { curl -s -o "$folder/answer" -w '%{http_code}' "$@"; }
for _ in {1..120}; do [ "$(ask "$url")" = 200 ] && break; sleep 0.5; done
id=$(cat /proc/sys/kernel/random/uuid)
ask -H 'Content-Type: application/json' -d "{\"id\": \"$id\", \"name\": \"golden\", \"visibility\": \"shared\"}" "$url" >/dev/null
become() {
  ask -X PATCH -H 'Content-Type: application/openstack-images-v2.1-json-patch' \
    -d "[{\"op\": \"replace\", \"path\": \"/visibility\", \"value\": \"$1\"}]" "$url/$id" >/dev/null
}
members() {
  /usr/bin/python3 -c 'import json, sys
for m in json.load(sys.stdin)["members"]: print(m["member_id"], m["status"])' <"$folder/answer"
}

added="member of no project added $(ask -H 'Content-Type: application/json' -d '{"member": "no-such-project"}' "$url/$id/members")"
echo "$added"
become private
hidden=$(ask "$url/$id/members")
become shared
ask "$url/$id/members" >/dev/null
back="private: members $hidden; shared again: members $(members)"
echo "$back"
[ "$added" = "member of no project added 200" ]
[ "$back" = "private: members 403; shared again: members no-such-project pending" ]
