# Debian's packages of OpenStack, MariaDB, RabbitMQ and libvirt; the init scripts stay out.
PACKAGES="python3-keystone python3-placement python3-glance glance-common python3-cinder cinder-common
python3-nova nova-common python3-neutron neutron-common rabbitmq-server mariadb-server-core mariadb-client-core python3-pymysql
libvirt-daemon libvirt-daemon-driver-qemu python3-libvirt qemu-system-x86 qemu-utils
uwsgi-core uwsgi-plugin-python3 python3-requests sudo passwd procps util-linux iproute2 curl
genisoimage syslinux syslinux-common mtools busybox-static cpio kmod xz-utils"

require_debian() { # 12 for Zed, as its packages are; any for the releases that bring their own in a chroot
  local ID="" VERSION_ID=""
  if [ -r /etc/os-release ]; then . /etc/os-release; fi
  if [ "$ID" = debian ] && [ -n "$SUITE" ]; then return; fi
  [ "$ID $VERSION_ID" = "debian 12" ] ||
    die "needs Debian 12, for its OpenStack packages; this is ${ID:-unknown} $VERSION_ID.
Any other OpenStack will do for the tests: set OS_CLIENT_CONFIG_FILE and OS_CLOUD, then npm run test:cloud"
}

missing_packages() { # PACKAGE...
  local package
  for package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

apt() { # ARGUMENTS of apt-get; three tries, as mirrors have bad minutes
  local try
  for try in 1 2 3; do
    if DEBIAN_FRONTEND=noninteractive timeout -k 10 1800 apt-get -y -q --no-install-recommends \
      -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120 \
      -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold \
      "$@" >>"$LOG/apt.log" 2>&1 9>&-; then return; fi
    say "apt-get $1 failed, try $try of 3"
    dpkg --configure -a >>"$LOG/apt.log" 2>&1 9>&- || true # what an interrupted one left
    sleep $((try * 5))
  done
  die_with_log apt "apt-get $1 failed"
}

# shellcheck disable=SC2086
install_packages() { install_missing $PACKAGES $MORE_PACKAGES; }

install_missing() { # PACKAGE...
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "installing" $missing
  # Packages must not start daemons of their own.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap "rm -f $policy" EXIT
  fi
  apt update
  # shellcheck disable=SC2086
  apt install $missing
  say "packages installed"
}
