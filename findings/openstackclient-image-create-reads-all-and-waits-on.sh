#!/bin/bash
# `openstack server image create` knows the id of the image that it has just asked for, and yet reads the list of every
# image that it can see, page by page, to find it. On a cloud with 10,000 images and pages of 25 these are 400 requests.
# With --wait it then waits without end for an image that is `killed`, `deactivated` or `deleted`: the only status that
# it takes for a failure is `error`, and Glance has no such status. It has no time limit either.
# Guess before: it reads the image by its id, and --wait ends with an error once the image cannot become active.
# Seen with Debian 12, python3-openstackclient 6.0.0-4, openstacksdk 0.101.0-2, osc-lib 2.6.2-2, with 100 other images
# (each command is ended by `timeout 30`):
#   error        exit status 1, 5 pages of the list, 2 reads
#   killed       still waiting after 30 s, 5 pages of the list
#   deactivated  still waiting after 30 s, 5 pages of the list
#   deleted      still waiting after 30 s, 5 pages of the list
# Statuses of images: https://docs.openstack.org/glance/latest/user/statuses.html. The code: create_server_image in
# openstack/compute/v2/_proxy.py of openstacksdk; wait_for_status in osc_lib/utils/__init__.py (error_status=['error']).
# Needs root, for apt-get. The cloud is a small server in this script. It cuts the list into pages of 25, as Glance does
# by default. An image is `saving` at the first look, and then has the status that its name says.
set -euo pipefail
apt-get install -y -qq python3-openstackclient >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-openstackclient python3-osc-lib python3-openstacksdk
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
cat >"$folder/cloud.py" <<'PYTHON'
import json, sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

folder = sys.argv[1]
SERVER = dict(id="10000000-0000-4000-8000-000000000000", name="web", status="ACTIVE", links=[])
STATUSES = ["error", "killed", "deactivated", "deleted"]
IDS = {f"{n}0000000-0000-4000-8000-00000000000f": status for n, status in enumerate(STATUSES, 1)}
ALL = [f"a0000000-0000-4000-8000-{n:012d}" for n in range(100)] + list(IDS)
looks = {}

def described(id, status):
    return dict(id=id, name=IDS.get(id, "other"), status=status, visibility="private", tags=[], disk_format="raw",
                created_at="2026-11-01T00:00:00Z", updated_at="2026-11-01T00:00:00Z", container_format="bare", size=1,
                min_disk=0, min_ram=0, protected=False, owner="p", os_hidden=False)

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

    def note(self, name):
        with open(f"{folder}/{name}", "a") as file:
            file.write("1\n")

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "createImage" in asked:
            wanted = asked["createImage"]["name"]
            image = next(id for id, status in IDS.items() if status == wanted)
            return self.answer(202, {}, {"Location": f"{self.base}/image/v2/images/{image}"})
        ends = datetime.now(timezone.utc) + timedelta(hours=1)
        catalog = [
            dict(id=type, type=type, name=type, endpoints=[
                dict(id=type, interface="public", region="r", region_id="r", url=f"{self.base}{path}")])
            for type, path in [("image", "/image"), ("compute", "/compute/v2.1")]]
        token = dict(methods=["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
                     issued_at="2026-11-01T00:00:00.000000Z", user=dict(id="u", name="u", domain=dict(id="d", name="D")),
                     project=dict(id="p", name="p", domain=dict(id="d", name="D")), roles=[], catalog=catalog)
        self.answer(201, dict(token=token), {"X-Subject-Token": "t"})

    def do_GET(self):
        path = urlsplit(self.path).path
        link = lambda to: [dict(rel="self", href=f"{self.base}{to}")]
        if path.startswith("/image/v2/images/"):
            image = path.rsplit("/", 1)[1]
            looks[image] = looks.get(image, 0) + 1
            self.note(IDS[image])
            return self.answer(200, described(image, "saving" if looks[image] == 1 else IDS[image]))
        if path == "/image/v2/images":
            self.note("pages")
            marker = parse_qs(urlsplit(self.path).query).get("marker", [None])[0]
            at = 0 if marker is None else ALL.index(marker) + 1
            page = ALL[at:at + 25]
            more = {} if page[-1] == ALL[-1] else dict(next=f"/v2/images?marker={page[-1]}")
            return self.answer(200, dict(images=[described(id, "saving") for id in page], **more))
        if path == f"/compute/v2.1/servers/{SERVER['id']}":
            return self.answer(200, dict(server=SERVER))
        if path in ("/compute/v2.1/servers", "/compute/v2.1/servers/detail"):
            return self.answer(200, dict(servers=[SERVER]))
        if path.startswith("/compute/v2.1/servers/"):
            return self.answer(404, dict(itemNotFound=dict(code=404, message="no such server")))
        if path.startswith("/compute"):
            version = dict(id="v2.1", status="CURRENT", version="2.1", min_version="2.1", links=link("/compute/v2.1/"))
            one = path.startswith("/compute/v2.1")
            return self.answer(200, dict(version=version) if one else dict(versions=[version]))
        if path.startswith("/v3"):
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link("/v3/"))))
        self.answer(300, dict(versions=[dict(id="v2.15", status="CURRENT", links=link("/image/v2/"))]))

server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
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
count() { wc -l 2>/dev/null <"$folder/$1" || echo 0; }
wait_for() {
  local status=0
  : >"$folder/pages"
  timeout 30 /usr/bin/openstack server image create --wait --name "$1" web >"$folder/said" 2>&1 || status=$?
  if [ "$status" = 124 ] && [ "$(count "$1")" -ge 3 ]; then
    printf '%-12s still waiting after 30 s, %s pages of the list\n' "$1" "$(count pages)"
  else printf '%-12s exit status %s, %s pages of the list, %s reads\n' "$1" "$status" "$(count pages)" "$(count "$1")"; fi
}
seen=$(for status in error killed deactivated deleted; do wait_for "$status"; done)
echo "$seen"
[ "$seen" = "error        exit status 1, 5 pages of the list, 2 reads
killed       still waiting after 30 s, 5 pages of the list
deactivated  still waiting after 30 s, 5 pages of the list
deleted      still waiting after 30 s, 5 pages of the list" ]
