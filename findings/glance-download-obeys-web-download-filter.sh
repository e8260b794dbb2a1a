#!/bin/bash
# Glance's import method glance-download copies an image from the image service of another region of the same catalog. Since
# Debian's security updates of August 2026 (CVE-2026-71196 to 71198) it obeys [import_filtering_opts], whose help speaks of
# web-download alone: by default ports 80 and 443. So a copy from a Glance on its own usual port, 9292, is accepted (202)
# and fails. The user sees no reason: the image is "queued" again, os_glance_failed_import is there and empty, as Glance has
# a single store, and the image's task says "Task failed due to Internal Error". With allowed_ports it works.
# Guess before: the filter is for URIs that users write, and the catalog's endpoints are the operator's own; a fetch that
# fails names its store in os_glance_failed_import and its reason in the task.
# Seen with Debian 12, glance 25.1.0-2+deb12u5:
#   by default: import 202, then queued, failed stores "", task failure: Task failed due to Internal Error
#   with allowed_ports: import 202, then active, failed stores "", task success: Copied 0 MiB
# Needs root, for apt-get. Two Glances run in a temporary folder, with SQLite, without Keystone.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-glance curl >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-glance
folder=$(mktemp -d)
mkdir "$folder"/{images,staging,tasks}
address=$(hostname -I | cut -d ' ' -f 1)
free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'; }
source_port=$(free_port)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT

# Identity comes from the headers, as authtoken would set them: the catalog has the other region.
cat >"$folder/paste.ini" <<'INI'
[pipeline:glance-api]
pipeline = versionnegotiation context rootapp
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory
/: apiversions
/v2: apiv2app
[app:apiversions]
paste.app_factory = glance.api.versions:create_resource
[app:apiv2app]
paste.app_factory = glance.api.v2.router:API.factory
[filter:versionnegotiation]
paste.filter_factory = glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory
[filter:context]
paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
INI
glance() { # NAME ADDRESS PORT PASTE [LINE...]
  cat >"$folder/$1.conf" <<CONF
[DEFAULT]
bind_host = $2
bind_port = $3
workers = 0
log_file = $folder/$1.log
node_staging_uri = file://$folder/staging
enabled_import_methods = [glance-download]
[task]
work_dir = $folder/tasks
[database]
connection = sqlite:///$folder/glance.sqlite
[glance_store]
filesystem_store_datadir = $folder/images
[paste_deploy]
config_file = $4
$(printf '%s\n' "${@:5}")
CONF
  glance-manage --config-file "$folder/$1.conf" db sync >>"$folder/manage.log" 2>&1
  /usr/bin/python3 -c 'from glance.cmd.api import main; main()' --config-file "$folder/$1.conf" >"$folder/$1.err" 2>&1 &
  api=$!
  for _ in {1..120}; do curl -s -o /dev/null "http://$2:$3/" && return; sleep 0.5; done
}
field() { /usr/bin/python3 -c 'import json, sys; print(eval("lambda d: " + sys.argv[1])(json.load(sys.stdin)))' "$1"; }

glance source "$address" "$source_port" /etc/glance/glance-api-paste.ini
there=http://$address:$source_port/v2/images
format='"disk_format": "raw", "container_format": "bare"'
json='Content-Type: application/json'
golden=$(curl -s -H "$json" -d "{\"name\": \"golden\", $format}" "$there" | field 'd["id"]')
head -c 1000000 /dev/urandom | curl -s -T - -H 'Content-Type: application/octet-stream' "$there/$golden/file"

catalog="[{\"type\": \"image\", \"endpoints\": [{\"region\": \"one\", \"publicURL\": \"http://$address:$source_port\"}]}]"
ask() {
  curl -s -H "$json" -H 'X-Identity-Status: Confirmed' -H 'X-User-Id: u' -H 'X-Project-Id: p' -H 'X-Roles: member' \
    -H 'X-Auth-Token: t' -H "X-Service-Catalog: $catalog" "$@"
}
copy() { # [LINE...]: of the target's configuration
  local port here id answer api
  port=$(free_port)
  glance "target-$port" 127.0.0.1 "$port" "$folder/paste.ini" "$@"
  here=http://127.0.0.1:$port/v2/images
  id=$(ask -d "{\"name\": \"copy\", $format}" "$here" | field 'd["id"]')
  answer=$(ask -o /dev/null -w '%{http_code}' "$here/$id/import" \
    -d "{\"method\": {\"name\": \"glance-download\", \"glance_region\": \"one\", \"glance_image_id\": \"$golden\"}}")
  for _ in {1..60}; do
    [ "$(ask "$here/$id/tasks" | field 'd["tasks"][0]["status"]')" != processing ] && break
    sleep 0.5
  done
  sleep 2
  echo "import $answer, then $(ask "$here/$id" | field 'd["status"] + ", failed stores \"" + d["os_glance_failed_import"] + "\""')," \
    "task $(ask "$here/$id/tasks" | field 'd["tasks"][0]["status"] + ": " + d["tasks"][0]["message"]')"
  kill "$api"
}
refused=$(copy)
echo "by default: $refused"
allowed=$(copy '[import_filtering_opts]' "allowed_ports = [80,443,$source_port]")
echo "with allowed_ports: $allowed"
[ "$refused" = 'import 202, then queued, failed stores "", task failure: Task failed due to Internal Error' ]
[[ $allowed == 'import 202, then active, failed stores "", task success: '* ]]
