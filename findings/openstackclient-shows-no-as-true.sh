#!/bin/bash
# `openstack image show` prints true for os_require_quiesce, hw_vif_multiqueue_enabled and hw_boot_menu of an image that has
# "no" or "false" there. Glance keeps properties as text, and Nova reads "no" as no. openstacksdk turns ten known properties into
# other types with Python's bool(), int() and float(), and bool("no") is True. So who checks that a snapshot may be taken without a frozen file
# system is told the opposite, with exit status 0.
# `openstack image list --property KEY=VALUE` compares after that, and some keys have other names by then: a property that an
# image has finds nothing.
# Guess before: show prints what Glance has, and --property finds it.
# Seen with Debian 12, python3-openstackclient 6.0.0-4, openstacksdk 0.101.0-2:
#   show no: true true true
#   show yes: true true true
#   --property os_distro=debian         no yes
#   --property os_require_quiesce=no    (nothing)
#   --property os_require_quiesce=True  (nothing)
#   --property hw_cpu_cores=2           (nothing)
#   --property os_secure_boot=required  (nothing)
# The SDK gives the same values in 4.4.0 of Debian 13 and in 4.20.0 of Debian sid (openstack/image/v2/image.py, type=bool).
# Writing is right: `openstack image set --property os_require_quiesce=no` sends the text. To read what is there, ask Glance
# itself for /v2/images/ID.
# Needs root, for apt-get. The cloud is a small server in this script.
set -euo pipefail
apt-get install -y -qq python3-openstackclient >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-openstackclient python3-openstacksdk
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
cat >"$folder/cloud.py" <<'PYTHON'
import json, sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

TYPED = ["os_require_quiesce", "hw_vif_multiqueue_enabled", "hw_boot_menu"]
IMAGES = [
    dict(id=f"0000000{n}-0000-4000-8000-000000000000", name=name, status="active", visibility="private", tags=[],
         created_at="2026-11-01T00:00:00Z", updated_at="2026-11-01T00:00:00Z", disk_format="raw", size=1, min_disk=0,
         container_format="bare", min_ram=0, protected=False, owner="p", os_hidden=False, os_distro="debian",
         hw_cpu_cores="2", os_secure_boot="required", **{key: name for key in TYPED})
    for n, name in [(1, "no"), (2, "yes")]
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
        path = urlsplit(self.path).path
        if path == "/image/v2/images":
            return self.answer(200, dict(images=IMAGES))
        if path.startswith("/image/v2/images/"):
            found = [image for image in IMAGES if image["id"] == path.rsplit("/", 1)[1]]
            return self.answer(200, found[0]) if found else self.answer(404, {})
        if path.startswith("/v3"):
            link = [dict(rel="self", href=f"{base}/v3/")]
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link)))
        versions = [dict(id="v2.15", status="CURRENT", links=[dict(rel="self", href=f"{base}/image/v2/")])]
        self.answer(300, dict(versions=versions))

server = HTTPServer(("127.0.0.1", 0), Cloud)
with open(f"{sys.argv[1]}/port", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PYTHON
/usr/bin/python3 "$folder/cloud.py" "$folder" &
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
unset "${!OS_@}"
export OS_AUTH_URL="http://127.0.0.1:$(cat "$folder/port")/v3" OS_USERNAME=u OS_PASSWORD=p OS_PROJECT_NAME=p
export OS_USER_DOMAIN_NAME=D OS_PROJECT_DOMAIN_NAME=D OS_REGION_NAME=r
show() {
  local values
  values=$(/usr/bin/openstack image show -f json "0000000$1-0000-4000-8000-000000000000" |
    /usr/bin/python3 -c 'import json, sys
properties = json.load(sys.stdin)["properties"]
print(*(json.dumps(properties[key]) for key in ["os_require_quiesce", "hw_vif_multiqueue_enabled", "hw_boot_menu"]))')
  echo "show $2: $values"
}
list() {
  local names
  names=$(/usr/bin/openstack image list -f value -c Name --property "$1" | xargs)
  printf '%-35s %s\n' "--property $1" "${names:-(nothing)}"
}
seen=$(
  show 1 no
  show 2 yes
  list os_distro=debian
  list os_require_quiesce=no
  list os_require_quiesce=True
  list hw_cpu_cores=2
  list os_secure_boot=required
)
echo "$seen"
[ "$seen" = "show no: true true true
show yes: true true true
--property os_distro=debian         no yes
--property os_require_quiesce=no    (nothing)
--property os_require_quiesce=True  (nothing)
--property hw_cpu_cores=2           (nothing)
--property os_secure_boot=required  (nothing)" ]
