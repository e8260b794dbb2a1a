#!/bin/bash
# Two requests that add the same project as a member of an image at the same time can both be answered 200. The project is
# then listed twice, and the image can never be deleted again: the first DELETE is answered 500, each later one 400, also
# after its members are gone. The way out is to look at the list first: take the doubled member away, one a second (two
# within the same second: 500), and delete the image only then.
# Guess before: the second request is answered 409, as it is a moment later, and a member is in the list once.
# Seen with Debian 12, glance 25.1.0, with SQLite here and with MariaDB elsewhere, and alike with glance 30.0.0 and 33.0.0:
#   added twice at once: listed 2 times (3 in another run)
#   deleted at once: 500, again 400, without its members 400, still there 200
#   deleted after the doubled member was taken away: 204, still there 404
# Four requests are sent at once, up to thirty times, until two have met. Needs root, for apt-get. Glance runs in a
# temporary folder, without Keystone.
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
ask() { curl -s -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@"; }
for _ in {1..120}; do [ "$(ask "$url")" = 200 ] && break; sleep 0.5; done

listed() { curl -s "$url/$1/members" | grep -o '"member_id": "consumer"' | wc -l; }
doubled() { # prints the id of an image that has a member twice
  for _ in {1..30}; do
    local id adding=()
    id=$(cat /proc/sys/kernel/random/uuid)
    ask -d "{\"id\": \"$id\", \"name\": \"golden\", \"visibility\": \"shared\"}" "$url" >/dev/null
    for _ in 1 2 3 4; do
      curl -s -o /dev/null -H 'Content-Type: application/json' -d '{"member": "consumer"}' "$url/$id/members" &
      adding+=($!)
    done
    wait "${adding[@]}"
    if [ "$(listed "$id")" -gt 1 ]; then echo "$id"; return; fi
  done
  return 1
}
without_members() {
  while [ "$(ask -X DELETE "$url/$1/members/consumer")" != 404 ]; do sleep 1.5; done
}

first=$(doubled)
echo "added twice at once: listed $(listed "$first") times"
spoilt="deleted at once: $(ask -X DELETE "$url/$first"), again $(ask -X DELETE "$url/$first")"
without_members "$first"
spoilt="$spoilt, without its members $(ask -X DELETE "$url/$first"), still there $(ask "$url/$first")"
echo "$spoilt"
second=$(doubled)
without_members "$second"
sleep 1.5
careful="deleted after the doubled member was taken away: $(ask -X DELETE "$url/$second"), still there $(ask "$url/$second")"
echo "$careful"
[ "$spoilt" = "deleted at once: 500, again 400, without its members 400, still there 200" ]
[ "$careful" = "deleted after the doubled member was taken away: 204, still there 404" ]
