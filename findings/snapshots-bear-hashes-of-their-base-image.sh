#!/bin/bash
# openstacksdk (and so Ansible's openstack.cloud.image) writes the hashes of the file on each image that it uploads with
# validate_checksum: owner_specified.openstack.md5 and .sha256. Nova copies these properties to every image that is made
# of a server booted from it. So the new image bears hashes that are not its own. If somebody then uploads the base file
# under the name of that image, openstacksdk finds the hash, answers with that image, and uploads nothing.
# Nova also cuts each copied value at 255 bytes without a word: a long os_command_line arrives cut in the new image.
# Guess before: Nova leaves out what describes the file (it does so for img_signature), and refuses a value that is too
# long (it does so in the metadata of createImage).
# Seen with Debian 12, python3-nova 26.2.2, python3-openstacksdk 0.101.0, and alike on a real Nova 26.2.2 (a server of
# an image, createImage, then create_image of the base file: the id of the server's image came back):
#   inherited: md5 True, sha256 True, os_command_line of 300 bytes has 255
#   create_image of the base file answers with the server's image: True, writes to Glance: none
# Source: nova/utils.py get_system_metadata_from_image (safe_truncate), nova/compute/utils.py
# NON_INHERITABLE_IMAGE_PROPERTIES. Needs root, for apt-get.
set -euo pipefail
apt-get install -y -qq --no-install-recommends python3-nova python3-openstacksdk >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-nova python3-openstacksdk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.py" <<'PYTHON'
import hashlib, json, sys, threading, warnings
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
warnings.simplefilter("ignore")
import openstack
from nova import utils
from nova.compute import utils as compute_utils

base_file = f"{sys.argv[1]}/base.img"
with open(base_file, "wb") as file:
    file.write(b"the content of the base image")
content = open(base_file, "rb").read()
base = {"properties": {"owner_specified.openstack.md5": hashlib.md5(content).hexdigest(),
                       "owner_specified.openstack.sha256": hashlib.sha256(content).hexdigest(),
                       "owner_specified.openstack.object": "images/base", "os_command_line": "x" * 300}}
instance = SimpleNamespace(project_id="p", system_metadata=utils.get_system_metadata_from_image(base))
made = compute_utils.initialize_instance_snapshot_metadata(SimpleNamespace(project_id="p"), instance, "golden")
properties = made["properties"]
same = {key: properties.get(f"owner_specified.openstack.{key}") == base["properties"][f"owner_specified.openstack.{key}"]
        for key in ("md5", "sha256")}
print(f"inherited: md5 {same['md5']}, sha256 {same['sha256']}, "
      f"os_command_line of 300 bytes has {len(properties['os_command_line'])}")

ID = "11111111-1111-4111-8111-111111111111"
GOLDEN = dict(id=ID, name="golden", status="active", visibility="private", tags=[], disk_format="qcow2",
              container_format="bare", size=12345, checksum=hashlib.md5(b"other content").hexdigest(), min_disk=0,
              min_ram=0, protected=False, owner="p", os_hidden=False, created_at="2026-11-01T00:00:00Z",
              updated_at="2026-11-01T00:00:00Z", **properties)
writes = []

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
        if not self.path.endswith("/auth/tokens"):
            writes.append(f"POST {self.path}")
            return self.answer(201, GOLDEN)
        endpoint = dict(id="e", interface="public", region="r", region_id="r", url=f"{here}/image")
        ends = datetime.now(timezone.utc) + timedelta(hours=1)
        token = dict(methods=["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
                     issued_at="2026-11-01T00:00:00.000000Z", user=dict(id="u", name="u", domain=dict(id="d", name="D")),
                     project=dict(id="p", name="p", domain=dict(id="d", name="D")), roles=[],
                     catalog=[dict(id="i", type="image", name="glance", endpoints=[endpoint])])
        self.answer(201, dict(token=token), {"X-Subject-Token": "t"})

    def write(self):
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        writes.append(f"{self.command} {self.path}")
        self.answer(200, GOLDEN)

    do_PUT = do_PATCH = write

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/image/v2/images":
            return self.answer(200, dict(images=[] if "os_hidden=True" in query else [GOLDEN]))
        if path == f"/image/v2/images/{ID}":
            return self.answer(200, GOLDEN)
        if path.startswith("/image/v2/images/"):
            return self.answer(404, {})
        if path.startswith("/v3"):
            link = [dict(rel="self", href=f"{here}/v3/")]
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link)))
        versions = [dict(id="v2.15", status="CURRENT", links=[dict(rel="self", href=f"{here}/image/v2/")])]
        self.answer(300, dict(versions=versions))

server = HTTPServer(("127.0.0.1", 0), Cloud)
here = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
cloud = openstack.connect(load_yaml_config=False, load_envvars=False, region_name="r", auth=dict(
    auth_url=f"{here}/v3", username="u", password="p", project_name="p", user_domain_name="D", project_domain_name="D"))
answered = cloud.create_image("golden", filename=base_file, validate_checksum=True, disk_format="qcow2",
                              container_format="bare", wait=True)
print(f"create_image of the base file answers with the server's image: {answered.id == ID}, "
      f"writes to Glance: {', '.join(writes) or 'none'}")
PYTHON
seen=$(/usr/bin/python3 "$folder/run.py" "$folder")
echo "$seen"
[ "$seen" = "inherited: md5 True, sha256 True, os_command_line of 300 bytes has 255
create_image of the base file answers with the server's image: True, writes to Glance: none" ]
