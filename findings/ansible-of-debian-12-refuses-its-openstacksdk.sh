#!/bin/bash
# Debian 12's ansible and python3-openstacksdk do not work together: each module of openstack.cloud fails before it
# reaches a cloud. The collection takes openstacksdk up to 0.98.999; Debian 12 has 0.101.0. Each package installs
# without a warning, and openstackclient works with the same openstacksdk.
# Guess before: packages of one release of Debian fit each other.
# Seen with Debian 12, ansible 7.7.0 (openstack.cloud 1.10.0), python3-openstacksdk 0.101.0:
#   Incompatible openstacksdk library found: Version MUST be >=0.36 and <=0.98.999, but 0.101.0 is larger than maximum version 0.98.999.
# No other version of the collection helps: 2.x needs openstacksdk 1.0.0 (MINIMUM_SDK_VERSION in its
# plugins/module_utils/openstack.py). So 0.101.0 lies between the two.
# Needs root, for apt-get. No cloud is asked: the address of Keystone is never reached.
set -euo pipefail
apt-get install -y -qq --no-install-recommends ansible python3-openstacksdk >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' ansible python3-openstacksdk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/play.yml" <<'YAML'
- hosts: localhost
  connection: local
  gather_facts: false
  vars: { ansible_python_interpreter: /usr/bin/python3 }
  tasks:
    - openstack.cloud.image_info:
        image: web
        auth: { auth_url: "http://127.0.0.1:9/v3", username: golden, password: secret-word, project_name: golden, user_domain_name: Default, project_domain_name: Default }
YAML
export ANSIBLE_NOCOLOR=1 ANSIBLE_HOME="$folder"
status=0
/usr/bin/ansible-playbook -i localhost, "$folder/play.yml" >"$folder/out" 2>&1 || status=$?
seen=$(grep -o 'Incompatible openstacksdk[^"]*' "$folder/out")
echo "$seen (exit status $status)"
[ "$status" = 2 ] && [[ $seen == *"<=0.98.999, but 0.101.0 is larger"* ]]
