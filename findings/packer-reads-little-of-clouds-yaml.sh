#!/bin/bash
# Packer with `cloud = "mycloud"` reads the same clouds.yaml as the openstack command, and takes `auth` and `region_name` of
# it, nothing else. So with `regions: [two, one]` it works in the region that the catalog has first, and with
# `interface: internal` it asks the public addresses. Endpoint overrides, cacert, verify, cert and key are passed
# over as well. It says nothing of all that. A build from a golden image then fails with "No image was found", or works in
# another region. Packer has keys of its own for them: region, endpoint_type, cacert, insecure, cert, key. A password of
# digits is another one for both, too: PyYAML reads 0123 as 83.
# Guess before: an entry that the openstack command understands means the same to Packer.
# Seen with Debian 12, packer 1.6.6, python3-openstacksdk 0.101.0-2:
#   region_name: two           packer: two public, project web, 0123   openstacksdk: two public, project web, 83
#   regions: [two, one]        packer: one public, project web, 0123   openstacksdk: two public, project web, 83
#   interface: internal        packer: two public, project web, 0123   openstacksdk: two internal, project web, 83
#   image_endpoint_override    packer: two public, project web, 0123   openstacksdk: own, project web, 83
# The plugin of 2026 does the same: Authenticate and getEndpointType in builder/openstack/access_config.go of
# hashicorp/packer-plugin-openstack. Needs root, for apt-get. The cloud is a small server in this script.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-openstacksdk >/dev/null
folder=$(mktemp -d)
trap 'kill "${cloud:-}" 2>/dev/null; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir root
apt-get download -qq packer 2>/dev/null
dpkg-deb -W packer_*.deb
dpkg-query -W -f '${Package} ${Version}\n' python3-openstacksdk
dpkg -x packer_*.deb root

cat >cloud.py <<'PYTHON'
import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
        auth = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["auth"]
        open("signed-in", "w").write(f"project {auth['scope']['project']['name']}, "
                                     f"{auth['identity']['password']['user']['password']}")
        def service(type):
            return dict(id=type, type=type, name=type, endpoints=[
                dict(id=f"{type}-{region}-{face}", interface=face, region=region, region_id=region,
                     url=f"{base}/{region} {face}/{type}/v2".replace(" ", "%20"))
                for region in ("one", "two") for face in ("public", "internal")])
        ends = datetime.now(timezone.utc) + timedelta(hours=1)
        domain = dict(id="d", name="Default")
        self.answer(201, dict(token=dict(
            methods=["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"), roles=[],
            issued_at="2026-11-01T00:00:00.000000Z", user=dict(id="u", name="golden", domain=domain),
            project=dict(id="p", name="web", domain=domain), catalog=[service("compute"), service("image")],
        )), {"X-Subject-Token": "t"})

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.startswith("/v3"):
            link = [dict(rel="self", href=f"{base}/v3/")]
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link)))
        if path.endswith("/images"):
            open("asked", "w").write(path.split("/")[1].replace("%20", " "))
            return self.answer(200, dict(images=[]))
        if "/compute/" in path and path.endswith("/flavors/1"):
            return self.answer(200, dict(flavor=dict(id="1", name="small", ram=1, vcpus=1, disk=1, swap="", links=[])))
        self.answer(404, {})

server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
base = f"http://127.0.0.1:{server.server_port}"
open("base", "w").write(base)
server.serve_forever()
PYTHON
/usr/bin/python3 cloud.py 2>cloud.log &
cloud=$!
for _ in {1..50}; do [ -s base ] && break; sleep 0.1; done
base=$(cat base)
cat >build.json <<'JSON'
{"builders": [{"type": "openstack", "cloud": "mycloud", "flavor": "1", "image_name": "new", "ssh_username": "debian",
  "ssh_password": "x", "source_image_filter": {"filters": {"tags": ["golden"]}, "most_recent": true}}]}
JSON
cat >ask.py <<'PYTHON'
import warnings
warnings.simplefilter("ignore")
import openstack
openstack.connect(cloud="mycloud").image.get("/images")
PYTHON
of() { # COMMAND...: which address it asks for images, and as whom
  rm -f asked signed-in
  env -i PATH="$PATH" HOME="$folder" CHECKPOINT_DISABLE=1 timeout 60 "$@" </dev/null >>log 2>&1 || true
  echo "$(cat asked), $(cat signed-in)"
}
both() { # CASE LINES-OF-THE-ENTRY
  {
    printf 'clouds:\n  mycloud:\n%b' "$2"
    printf '    auth:\n      auth_url: %s/v3\n      username: golden\n      password: 0123\n' "$base"
    printf '      %s: %s\n' "project_name" web user_domain_name Default project_domain_name Default
  } >clouds.yaml
  printf '%-26s packer: %s   openstacksdk: %s\n' "$1" "$(of root/usr/bin/packer build build.json)" "$(of /usr/bin/python3 ask.py)"
}
seen=$(
  both 'region_name: two' '    region_name: two\n'
  both 'regions: [two, one]' '    regions: [two, one]\n'
  both 'interface: internal' '    region_name: two\n    interface: internal\n'
  both image_endpoint_override "    region_name: two\n    image_endpoint_override: $base/own/image/v2\n"
)
echo "$seen"
[ "$seen" = "region_name: two           packer: two public, project web, 0123   openstacksdk: two public, project web, 83
regions: [two, one]        packer: one public, project web, 0123   openstacksdk: two public, project web, 83
interface: internal        packer: two public, project web, 0123   openstacksdk: two internal, project web, 83
image_endpoint_override    packer: two public, project web, 0123   openstacksdk: own, project web, 83" ] || {
  tail -n 30 log cloud.log
  exit 1
}
