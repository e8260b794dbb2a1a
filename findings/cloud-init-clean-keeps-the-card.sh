#!/bin/bash
# `cloud-init clean --logs --machine-id`, the documented way to prepare a golden image, leaves the guest tied to its network
# card: /etc/netplan/50-cloud-init.yaml, as its netplan renderer writes it with the MAC address of this server, stays. It
# deletes /etc/machine-id instead of emptying it. systemd takes a missing machine id for the very first boot of a system
# (machine-id(5), "First Boot Semantics") and then applies its presets: services that were disabled in the golden image
# come back enabled. An empty file, as `truncate -s 0` leaves it, gives a new id without that.
# Guess before: /etc/machine-id is empty afterwards, and the generated netplan file is gone.
# Seen with Debian 12, cloud-init 22.4.2-1+deb12u4:
#   machine-id: missing
#   instance data: missing
#   netplan: names fa:16:3e:11:22:33
# Needs root, for apt-get and a mount namespace. Nothing of the machine's own /etc and /var is changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
mkdir root debs etc lib log
(cd debs && apt-get download -qq cloud-init python3-configobj python3-six python3-jinja2 python3-markupsafe \
  python3-jsonpatch python3-json-pointer python3-jsonschema python3-attr python3-pyrsistent python3-netifaces \
  python3-oauthlib python3-requests python3-urllib3 python3-chardet python3-charset-normalizer python3-idna \
  python3-certifi python3-yaml python3-serial 2>/dev/null)
for deb in debs/*.deb; do dpkg -x "$deb" root; done
dpkg-deb -W debs/cloud-init_*.deb

# A guest after its first boot.
cp -r root/etc/cloud etc/
cp /etc/passwd /etc/group /etc/os-release etc/
echo 5fb06bd0bb1d4a5c8e1e6a0d7a0a1b2c >etc/machine-id
mkdir -p etc/netplan lib/cloud/instances/i-1 lib/cloud/seed
ln -s instances/i-1 lib/cloud/instance
cat >etc/netplan/50-cloud-init.yaml <<'NETPLAN'
# This file is generated from information provided by the datasource.
network: { version: 2, ethernets: { ens3: { match: { macaddress: "fa:16:3e:11:22:33" }, set-name: ens3, dhcp4: true } } }
NETPLAN

# shellcheck disable=SC2016 # the inner shell fills these in
unshare -m bash -c '
  set -euo pipefail
  mount --make-rprivate /
  mount --bind "$0/etc" /etc
  mount --bind "$0/lib" /var/lib
  mount --bind "$0/log" /var/log
  PYTHONPATH="$0/root/usr/lib/python3/dist-packages" /usr/bin/python3 "$0/root/usr/bin/cloud-init" clean --logs --machine-id
' "$folder"

state() { if [ ! -e "$1" ]; then echo missing; elif [ -s "$1" ]; then echo "$2"; else echo empty; fi; }
machine="machine-id: $(state etc/machine-id there)"
instance="instance data: $(state lib/cloud/instances there)"
netplan="netplan: $(state etc/netplan/50-cloud-init.yaml "names $(grep -o 'fa:[0-9a-f:]*' etc/netplan/50-cloud-init.yaml)")"
printf '%s\n' "$machine" "$instance" "$netplan"
[ "$machine" = "machine-id: missing" ]
[ "$instance" = "instance data: missing" ]
[ "$netplan" = "netplan: names fa:16:3e:11:22:33" ]
