#!/bin/bash
# An empty project_id in clouds.yaml (as templates leave it) becomes the project id "None" in openstacksdk, beside the
# project_name that is set: Keystone answers 401, and nothing in the file says "None".
# Guess before: an empty key is a missing key.
# Seen with Debian 12, openstacksdk 0.101.0:
#   {'project_id': 'None', 'project_name': 'web'}
# Needs root, for apt-get.
set -euo pipefail
apt-get install -y -qq python3-openstacksdk >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-openstacksdk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/clouds.yaml" <<'YAML'
clouds:
  mycloud:
    region_name: RegionOne
    auth:
      auth_url: https://id.example:5000/v3
      username: regild
      password: secret
      project_id:
      project_name: web
YAML
seen=$(/usr/bin/python3 - "$folder/clouds.yaml" <<'PYTHON'
import sys
from openstack import config
loaded = config.OpenStackConfig(config_files=[sys.argv[1]], secure_files=[], vendor_files=[], load_envvars=False)
auth = loaded.get_one(cloud="mycloud").config["auth"]
print({key: auth[key] for key in sorted(auth) if key.startswith("project")})
PYTHON
)
echo "$seen"
[ "$seen" = "{'project_id': 'None', 'project_name': 'web'}" ]
