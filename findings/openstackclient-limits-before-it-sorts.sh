#!/bin/bash
# `openstack image list --sort KEY --limit N` takes the N newest images and sorts those: --sort never reaches Glance.
# --property is looked at afterwards too, so with --limit an image that is there is not listed. Exit status 0 each time.
# So "--sort name:asc --limit 1" and "--sort created_at:asc --limit 1" both print the newest image, and a script that
# deletes the oldest image this way deletes the newest.
# Guess before: Glance sorts and filters (its API can: sort=, and any property as a filter), then the limit is applied.
# Seen with Debian 12, python3-openstackclient 6.0.0-4, openstacksdk 0.101.0, and alike on a real Glance 25.1.0:
#   --sort created_at:asc                       old middle new
#   --sort created_at:asc --limit 1             new
#   --sort name:asc --limit 2                   middle new
#   --property os=bsd                           old
#   --property os=bsd --limit 1                 (nothing)
#   Glance was asked: /v2/images | /v2/images?limit=1 | /v2/images?limit=2 | /v2/images | /v2/images?limit=1
# The code is the same on the main branch in 2026 (openstackclient/image/v2/image.py, ListImage.take_action).
# Needs root, for apt-get. The cloud is a small server in this script: it sorts by created_at:desc unless asked for
# another order, as Glance does.
set -euo pipefail
apt-get install -y -qq python3-openstackclient >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-openstackclient python3-openstacksdk
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
cat >"$folder/cloud.py" <<'PYTHON'
import json, sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

folder = sys.argv[1]
IMAGES = [
    dict(id=f"0000000{n}-0000-4000-8000-000000000000", name=name, os=os, status="active", visibility="private",
         created_at=f"2026-11-0{n}T00:00:00Z", updated_at=f"2026-11-0{n}T00:00:00Z", tags=[], disk_format="raw",
         container_format="bare", size=1, min_disk=0, min_ram=0, protected=False, owner="p", os_hidden=False)
    for n, name, os in [(1, "old", "bsd"), (2, "middle", "linux"), (3, "new", "linux")]
]

class Cloud(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, document, headers={}):
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        base = f"http://127.0.0.1:{self.server.server_port}"
        endpoint = dict(id="e", interface="public", region="r", region_id="r", url=f"{base}/image")
        ends = datetime.now(timezone.utc) + timedelta(hours=1)
        token = dict(methods=["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
                     issued_at="2026-11-01T00:00:00.000000Z", user=dict(id="u", name="u", domain=dict(id="d", name="D")),
                     project=dict(id="p", name="p", domain=dict(id="d", name="D")), roles=[],
                     catalog=[dict(id="i", type="image", name="glance", endpoints=[endpoint])])
        self.answer(201, dict(token=token), {"X-Subject-Token": "t"})

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/image/v2/images":
            with open(f"{folder}/asked", "a") as asked:
                asked.write(self.path.removeprefix("/image") + "\n")
            found = [image for image in IMAGES if query.get("os", [image["os"]])[0] == image["os"]]
            key, _, direction = query.get("sort", ["created_at:desc"])[0].partition(":")
            found.sort(key=lambda image: image[key], reverse=direction == "desc")
            return self.answer(200, dict(images=found[:int(query.get("limit", ["1000"])[0])]))
        if path.startswith("/v3"):
            link = [dict(rel="self", href=f"{base}/v3/")]
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link)))
        versions = [dict(id="v2.15", status="CURRENT", links=[dict(rel="self", href=f"{base}/image/v2/")])]
        self.answer(300, dict(versions=versions))

server = HTTPServer(("127.0.0.1", 0), Cloud)
with open(f"{folder}/port", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PYTHON
/usr/bin/python3 "$folder/cloud.py" "$folder" &
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
unset "${!OS_@}"
export OS_AUTH_URL="http://127.0.0.1:$(cat "$folder/port")/v3" OS_USERNAME=u OS_PASSWORD=p OS_PROJECT_NAME=p
export OS_USER_DOMAIN_NAME=D OS_PROJECT_DOMAIN_NAME=D OS_REGION_NAME=r
list() {
  local names
  names=$(/usr/bin/openstack image list -f value -c Name "$@" | xargs)
  printf '%-43s %s\n' "$*" "${names:-(nothing)}"
}
seen=$(
  list --sort created_at:asc
  list --sort created_at:asc --limit 1
  list --sort name:asc --limit 2
  list --property os=bsd
  list --property os=bsd --limit 1
  echo "Glance was asked: $(paste -sd '|' "$folder/asked" | sed 's/|/ | /g')"
)
echo "$seen"
[ "$seen" = "--sort created_at:asc                       old middle new
--sort created_at:asc --limit 1             new
--sort name:asc --limit 2                   middle new
--property os=bsd                           old
--property os=bsd --limit 1                 (nothing)
Glance was asked: /v2/images | /v2/images?limit=1 | /v2/images?limit=2 | /v2/images | /v2/images?limit=1" ]
