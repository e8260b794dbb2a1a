#!/bin/sh
# Removes from a Linux guest what belongs to this one server, so that servers of its image get a network and an
# identity of their own. For CentOS, RHEL and Ubuntu. Safe to repeat.
#
#   clean-guest.sh          cleans this system, as root, right before it is shut down
#   clean-guest.sh FOLDER   cleans the system that is mounted at FOLDER
#
# Ends with 0 if nothing is left, 1 if a file still names a network card (it is printed, and left to you), 2 for a
# wrong call.
set -eu

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0"
}

case "${1:-}" in
  -h | --help) usage && exit 0 ;;
  -*) usage >&2 && exit 2 ;;
esac
if [ "$#" -gt 1 ]; then
  usage >&2
  exit 2
fi
root=${1:-/}
root=${root%/}
if [ ! -d "$root/etc" ]; then
  echo "clean-guest: $root/ is not the root folder of a Linux system: it has no etc" >&2
  exit 2
fi

# A link may lead out of the folder, so it is left alone.
is_own_file() {
  [ -f "$1" ] && [ ! -L "$1" ]
}

remove() {
  for file in "$@"; do
    if is_own_file "$file"; then
      rm -f "$file"
      echo "removed ${file#"$root"}"
    fi
  done
}

# delete_lines PATTERN FILE...
delete_lines() {
  pattern=$1
  shift
  for file in "$@"; do
    if is_own_file "$file" && grep -Eq "$pattern" "$file"; then
      sed -i -E "/$pattern/d" "$file"
      echo "cleaned ${file#"$root"}"
    fi
  done
}

# CentOS 6, RHEL 6 and Ubuntu before 15.10 tie eth0 to the card of the first boot.
remove "$root/etc/udev/rules.d/70-persistent-net.rules" "$root/etc/udev/rules.d/75-persistent-net-generator.rules"

# CentOS and RHEL up to 8.
delete_lines '^[[:space:]]*(HWADDR|UUID)=' "$root"/etc/sysconfig/network-scripts/ifcfg-*

# RHEL 9 and CentOS Stream 9: NetworkManager's own files. The uuid is of the connection, not of the card.
delete_lines '^[[:space:]]*mac-address[[:space:]]*=' "$root"/etc/NetworkManager/system-connections/*.nmconnection

# cloud-init writes these anew for each new server.
remove "$root/etc/netplan/50-cloud-init.yaml"

# DHCP servers hand the same address to clones that show the lease or the identity of the original.
remove "$root"/var/lib/dhcp/*.leases "$root"/var/lib/dhclient/*.lease* "$root"/var/lib/NetworkManager/*.lease

# Empty, not missing: systemd then makes a new one at the next boot.
if is_own_file "$root/etc/machine-id" && [ -s "$root/etc/machine-id" ]; then
  : >"$root/etc/machine-id"
  echo "emptied /etc/machine-id"
fi
remove "$root/var/lib/dbus/machine-id" "$root/var/lib/systemd/random-seed"

# Of the running system, cloud-init runs the clean-up of other programs as well.
if [ -z "$root" ] && command -v cloud-init >/dev/null; then
  cloud-init clean --logs
elif [ -d "$root/var/lib/cloud" ] && [ ! -L "$root/var/lib/cloud" ]; then
  find "$root/var/lib/cloud" -mindepth 1 -maxdepth 1 ! -name seed -exec rm -rf {} +
  remove "$root/var/log/cloud-init.log" "$root/var/log/cloud-init-output.log"
  echo "removed what cloud-init knows of this server"
fi

# In files that a person wrote, only that person knows what to put in the place of the card.
left=0
for file in "$root"/etc/netplan/*.yaml "$root"/etc/systemd/network/*.link "$root"/etc/systemd/network/*.network; do
  if is_own_file "$file" && grep -Eiq '^[^#]*mac-?address[[:space:]]*[:=]' "$file"; then
    echo "still names a network card: ${file#"$root"}" >&2
    left=1
  fi
done
exit "$left"
