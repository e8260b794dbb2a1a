#!/bin/bash
# `datasource_list` written as YAML writes lists, an entry to a line below the key, is not read by ds-identify, the program
# of cloud-init that decides early in the boot whether cloud-init runs at all. It reads one line by itself: the key and
# [ OpenStack ]. cloud-init proper reads both. On a cloud whose servers call themselves "OpenStack Nova" nobody notices. On
# one with a name of its own, the list is there to say "OpenStack all the same". There cloud-init stays disabled: a new
# server of the golden image gets no SSH key and no user data. A bracket that is closed on another line does it too.
# Guess before: it is YAML, so how the list is written makes no difference.
# Seen with Debian 12, cloud-init 22.4.2-1+deb12u4. 25.1.4 of Debian 13 and 26.2 of sid disable it alike, and warn in
# /run/cloud-init/ds-identify.log: "no datasource_list found".
#   OpenStack Nova, one line: enabled, [ OpenStack, None ]
#   OpenStack Nova, list below the key: enabled, [ OpenStack, None ]
#   Example Cloud, one line: enabled, [ OpenStack, None ]
#   Example Cloud, list below the key: disabled
#   Example Cloud, bracket closed on another line: disabled
# ds-identify runs here on a folder in place of /, with a server that says it is one of KVM. Needs apt-get, and root for it.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-yaml >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir debs root bin
(cd debs && apt-get download -qq cloud-init 2>/dev/null)
dpkg-deb -W debs/*.deb
dpkg -x debs/*.deb root
printf '#!/bin/sh\necho kvm\n' >bin/systemd-detect-virt
chmod +x bin/systemd-detect-virt

boot() { # NAME-OF-THE-SERVERS CONFIG
  rm -rf guest
  mkdir -p guest/etc/cloud/cloud.cfg.d guest/sys/class/dmi/id guest/proc/1 guest/run guest/dev
  echo "$1" >guest/sys/class/dmi/id/product_name
  printf 'BOOT_IMAGE=/vmlinuz root=LABEL=root ro\n' >guest/proc/cmdline
  : >guest/proc/1/environ
  printf '%b\n' "$2" >guest/etc/cloud/cloud.cfg.d/99-golden.cfg
  [ "$(/usr/bin/python3 -c 'import yaml; print(yaml.safe_load(open("guest/etc/cloud/cloud.cfg.d/99-golden.cfg")))')" = \
    "{'datasource_list': ['OpenStack']}" ]
  local status=0
  PATH="$folder/bin:$PATH" PATH_ROOT="$folder/guest" sh root/usr/lib/cloud-init/ds-identify --force || status=$?
  case $status in
    0) echo "enabled, $(sed -n 's/^datasource_list: //p' guest/run/cloud-init/cloud.cfg)" ;;
    1) echo disabled ;;
    *) echo "exit status $status" ;;
  esac
}
line='datasource_list: [ OpenStack ]'
below='datasource_list:\n  - OpenStack'
bracket='datasource_list: [\n  OpenStack\n]'
seen="OpenStack Nova, one line: $(boot "OpenStack Nova" "$line")
OpenStack Nova, list below the key: $(boot "OpenStack Nova" "$below")
Example Cloud, one line: $(boot "Example Cloud" "$line")
Example Cloud, list below the key: $(boot "Example Cloud" "$below")
Example Cloud, bracket closed on another line: $(boot "Example Cloud" "$bracket")"
echo "$seen"
[ "$seen" = "OpenStack Nova, one line: enabled, [ OpenStack, None ]
OpenStack Nova, list below the key: enabled, [ OpenStack, None ]
Example Cloud, one line: enabled, [ OpenStack, None ]
Example Cloud, list below the key: disabled
Example Cloud, bracket closed on another line: disabled" ]
