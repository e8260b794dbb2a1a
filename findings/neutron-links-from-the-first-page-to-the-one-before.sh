#!/bin/bash
# A list of Neutron that was asked for with `limit` has a link `previous` on its first page as well, also if the list is
# complete, and even if it is empty. Who takes any `…_links` for "there is more", as fits the lists of Nova and Cinder,
# takes a complete list for an incomplete one. Only a link `next` says that there is more. The page that `previous` leads
# to is empty, and has a link `next` in its turn.
# Guess before: links are there only if there is another page, as in Nova's and Cinder's lists.
# Seen with Debian 12, neutron 21.0.0, and the first three lines alike with neutron 26.0.3 and 29.0.0:
#   one of one network, limit 10: previous
#   none of no networks, limit 10: previous
#   one of one network, no limit: no links
#   the page before the first: no networks, next
# Needs root, for apt-get. Neutron runs in a temporary folder with SQLite, without Keystone and without agents.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-neutron neutron-common curl jq >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-neutron
folder=$(mktemp -d)
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$folder/neutron.conf" <<CONF
[DEFAULT]
state_path = $folder
bind_host = 127.0.0.1
bind_port = $port
api_paste_config = /usr/share/neutron-common/api-paste.ini
auth_strategy = noauth
core_plugin = ml2
service_plugins =
transport_url = fake://
rpc_workers = 0
api_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
[ml2]
type_drivers = local
tenant_network_types = local
mechanism_drivers =
[database]
connection = sqlite:///$folder/neutron.sqlite
[oslo_concurrency]
lock_path = $folder
CONF
# Its migrations cannot be run on SQLite.
/usr/bin/python3 -c 'import sys, sqlalchemy
from neutron.db.migration.models import head
head.get_metadata().create_all(sqlalchemy.create_engine(sys.argv[1]))' "sqlite:///$folder/neutron.sqlite" 2>"$folder/manage.log"
/usr/bin/python3 -c 'from neutron.cmd.eventlet.server import main; main()' --config-file "$folder/neutron.conf" >"$folder/api.log" 2>&1 &
api=$!
trap 'kill "$api"; rm -rf "$folder"' EXIT
url=http://127.0.0.1:$port/v2.0/networks
for _ in {1..240}; do curl -s -f -o /dev/null "$url" && break; sleep 0.5; done

links() { jq -r 'if .networks_links then [.networks_links[].rel] | join(", ") else "no links" end'; }
curl -s -f -o /dev/null -H 'Content-Type: application/json' -d '{"network": {"name": "build-net"}}' "$url"
one="one of one network, limit 10: $(curl -s "$url?limit=10" | links)"
none="none of no networks, limit 10: $(curl -s "$url?limit=10&name=nobody" | links)"
whole="one of one network, no limit: $(curl -s "$url" | links)"
previous=$(curl -s "$url?limit=10" | jq -r '.networks_links[] | select(.rel == "previous").href')
before=$(curl -s "$previous" | jq -r 'if .networks == [] then "no networks" else "networks" end')
before="the page before the first: $before, $(curl -s "$previous" | links)"
printf '%s\n' "$one" "$none" "$whole" "$before"
[ "$one" = "one of one network, limit 10: previous" ]
[ "$none" = "none of no networks, limit 10: previous" ]
[ "$whole" = "one of one network, no limit: no links" ]
[ "$before" = "the page before the first: no networks, next" ]
