# Which release a lab has, and the chroot it runs in. Sourced by lib.sh, after the options are read.
RELEASES="zed epoxy hibiscus"

choose_release() { # sets RELEASE and LAB_DIR: by --release, else by what is in LAB_DIR, else Zed
  local kept=""
  case " $RELEASES " in *" ${RELEASE:-zed} "*) ;; *) die "no such release: $RELEASE. There are: $RELEASES" ;; esac
  if [ -n "${LAB_DIR:-}" ]; then kept=$(cat "$LAB_DIR/release" 2>/dev/null || true); fi
  if [ -n "$kept" ] && [ "$kept" != "${RELEASE:-$kept}" ]; then
    die "$LAB_DIR is a lab of $kept, not of $RELEASE: choose another LAB_DIR, or begin anew with down --purge"
  fi
  RELEASE=${RELEASE:-${kept:-zed}}
  local suffix=-$RELEASE
  [ "$RELEASE" != zed ] || suffix=
  export LAB_DIR=${LAB_DIR:-/var/tmp/regild-lab$suffix} # all state: configuration, databases, logs, pid files
  CHROOT=${LAB_CHROOT:-/var/tmp/regild-lab-chroot-$RELEASE}
  . "$HERE/releases/$RELEASE.sh"
}

in_chroot() { [ -n "${LAB_IN_CHROOT:-}" ]; }

# Runs this script again within the release's chroot, if it has one. Every mount lives in a mount namespace of the
# script and the daemons it starts: none is left on the machine. Paths are the same inside and outside.
enter_release() { # SCRIPT ARGUMENTS...
  if [ -z "$SUITE" ] || in_chroot; then return; fi
  mkdir -p "$LAB_DIR" "$CHROOT/proc" "$CHROOT/sys" "$CHROOT/dev" "$CHROOT$LAB_DIR" "$CHROOT$HERE"
  cp /etc/resolv.conf /etc/hosts "$CHROOT/etc/"
  # shellcheck disable=SC2016
  exec env LAB_IN_CHROOT=1 "LAB_DIR=$LAB_DIR" unshare --mount --propagation private bash -euc '
    chroot=$1
    shift
    mount --rbind "$chroot" "$chroot" # a mount of its own: libvirtd wants its root to be one
    for path in /proc /sys /dev "$1" "$2"; do mount --rbind "$path" "$chroot$path"; done
    shift 2
    exec chroot "$chroot" "$@"' enter "$CHROOT" "$LAB_DIR" "$HERE" "$@"
}

make_chroot() { # once; from the mirror that apt has this machine's Debian from
  local mirror partial=$CHROOT.partial options=()
  if [ -z "$SUITE" ] || in_chroot || [ -e "$CHROOT" ]; then return; fi
  command -v debootstrap >/dev/null || install_missing debootstrap
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: $(host_codename)" | head -n 1)
  [ -n "$mirror" ] || die "apt of this machine has no mirror of Debian $(host_codename): see /etc/apt/sources.list.d"
  local keys=/usr/share/keyrings/debian-archive-keyring.gpg
  say "a chroot of Debian $SUITE in $CHROOT"
  mkdir -p "$(dirname "$CHROOT")"
  rm -rf --one-file-system -- "$partial"
  debootstrap --variant=minbase --keyring="$keys" --include=ca-certificates "$SUITE" "$partial" "$mirror" \
    >>"$LOG/debootstrap.log" 2>&1 9>&- || die_with_log debootstrap "debootstrap $SUITE failed"
  # As this machine reaches its mirror: proxies, and how old the mirror may be.
  apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$partial/etc/apt/apt.conf.d/99regild-lab" || true
  mv "$partial" "$CHROOT"
}

with_packages_lock() { # COMMAND: one at a time, as the labs of a release share its packages
  (
    flock 8
    "$@" 8>&-
  ) 8>"/var/tmp/regild-lab-packages-$RELEASE.lock"
}

host_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }
