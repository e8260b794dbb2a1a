#!/bin/bash
# openstacksdk's search_images(filters={"tags": ["golden"]}) finds an image whose only tag is golden. With a second tag
# on the image it finds nothing, and raises no error. So a playbook or script that looks for an image this way breaks on the day that
# somebody adds a tag. Ansible's openstack.cloud.image_info hands its `filters` to the same function.
# Guess before: the filter finds images that have the tag, as Glance's own ?tag=golden does.
# Seen with Debian 12, python3-openstacksdk 0.101.0-2, and alike with 4.4.0 of Debian 13 and 4.20.0 of sid:
#   {'tags': ['golden']}: only-golden
#   {'tags': 'golden'}: (nothing)
#   {'tags': ['golden', 'nightly']}: golden-and-nightly
#   [?contains(tags, 'golden')]: only-golden golden-and-nightly
#   image.images(tag='golden'): only-golden golden-and-nightly
# Needs root, for apt-get. The cloud is a small server in this script.
set -euo pipefail
apt-get install -y -qq python3-openstacksdk >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-openstacksdk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/search.py" <<'PYTHON'
import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit
import openstack

IMAGES = [
    dict(id=f"0000000{n}-0000-4000-8000-000000000000", name="-and-".join(tags) if n > 1 else "only-golden", tags=tags,
         status="active", visibility="private", created_at="2026-11-01T00:00:00Z", updated_at="2026-11-01T00:00:00Z",
         disk_format="raw", container_format="bare", size=1, min_disk=0, min_ram=0, protected=False, owner="p")
    for n, tags in [(1, ["golden"]), (2, ["golden", "nightly"])]
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
        endpoint = dict(id="e", interface="public", region="r", region_id="r", url=f"{base}/image")
        ends = datetime.now(timezone.utc) + timedelta(hours=1)
        token = dict(methods=["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
                     issued_at="2026-11-01T00:00:00.000000Z", user=dict(id="u", name="u", domain=dict(id="d", name="D")),
                     project=dict(id="p", name="p", domain=dict(id="d", name="D")), roles=[],
                     catalog=[dict(id="i", type="image", name="glance", endpoints=[endpoint])])
        self.answer(201, dict(token=token), {"X-Subject-Token": "t"})

    def do_GET(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/image/v2/images":
            wanted = set(query.get("tag", []))
            return self.answer(200, dict(images=[image for image in IMAGES if wanted <= set(image["tags"])]))
        if path.startswith("/v3"):
            link = [dict(rel="self", href=f"{base}/v3/")]
            return self.answer(200, dict(version=dict(id="v3.14", status="stable", links=link)))
        versions = [dict(id="v2.15", status="CURRENT", links=[dict(rel="self", href=f"{base}/image/v2/")])]
        self.answer(300, dict(versions=versions))

server = ThreadingHTTPServer(("127.0.0.1", 0), Cloud)
base = f"http://127.0.0.1:{server.server_port}"
Thread(target=server.serve_forever, daemon=True).start()
cloud = openstack.connect(auth_url=f"{base}/v3", username="u", password="p", project_name="p", user_domain_name="D",
                          project_domain_name="D", region_name="r", load_yaml_config=False, load_envvars=False)

def say(what, images):
    print(f"{what}:", *([image.name for image in images] or ["(nothing)"]))

for filters in [{"tags": ["golden"]}, {"tags": "golden"}, {"tags": ["golden", "nightly"]}, "[?contains(tags, 'golden')]"]:
    say(filters, cloud.search_images(filters=filters))
say("image.images(tag='golden')", cloud.image.images(tag="golden"))
PYTHON
seen=$(/usr/bin/python3 "$folder/search.py")
echo "$seen"
[ "$seen" = "{'tags': ['golden']}: only-golden
{'tags': 'golden'}: (nothing)
{'tags': ['golden', 'nightly']}: golden-and-nightly
[?contains(tags, 'golden')]: only-golden golden-and-nightly
image.images(tag='golden'): only-golden golden-and-nightly" ]
