# The disk of lab-guest: Debian's cloud kernel, busybox and one script, started by syslinux. It runs in 128 MB.
MODULES="virtio_pci virtio_blk virtio_net ata_piix sr_mod isofs"

build_guest() { # FILE: a qcow2
  local dir=$LAB_DIR/guest package kernel modules
  [ ! -e "$1" ] || return 0
  rm -rf "$dir"
  mkdir -p "$dir"/{package,root/{bin,proc,sys,dev,drive,modules}}
  # shellcheck disable=SC2046
  (cd "$dir" && apt-get -o APT::Sandbox::User=root -o Acquire::Retries=3 download $(kernel_packages))
  for package in "$dir"/*.deb; do
    dpkg-deb -x "$package" "$dir/package"
    rm "$package"
  done
  kernel=$(find "$dir/package" -type f -name 'vmlinuz*' | head -n 1)
  modules=$(find "$dir/package" -type d -path '*/lib/modules/*' -name '*-cloud-amd64' | head -n 1)

  initrd "$dir/root" "$modules" >"$dir/initrd"
  truncate -s 40M "$dir/disk"
  # One active partition, from 1 MiB to the end.
  printf '\x80\xfe\xff\xff\x0e\xfe\xff\xff\x00\x08\x00\x00\x00\x38\x01\x00' |
    dd of="$dir/disk" bs=1 seek=446 conv=notrunc status=none
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$dir/disk" conv=notrunc status=none
  printf '\x55\xaa' | dd of="$dir/disk" bs=1 seek=510 conv=notrunc status=none
  mformat -i "$dir/disk@@1M" -T 79872 -h 64 -s 32 -H 2048 ::
  printf 'SERIAL 0\nDEFAULT linux\nLABEL linux\n KERNEL vmlinuz\n INITRD initrd\n APPEND console=ttyS0 quiet panic=0\n' >"$dir/syslinux.cfg"
  mcopy -i "$dir/disk@@1M" "$kernel" ::vmlinuz
  mcopy -i "$dir/disk@@1M" "$dir/initrd" "$dir/syslinux.cfg" ::
  syslinux --install --offset $((1 << 20)) "$dir/disk"
  qemu-img convert -c -f raw -O qcow2 "$dir/disk" "$1.partial"
  mv "$1.partial" "$1"
  rm -rf "$dir"
}

kernel_packages() { # of sid, the kernel and its modules are packages of their own
  local image
  image=$(depends linux-image-cloud-amd64 | grep -E '^linux-image-[0-9]' | head -n 1)
  echo "$image"
  depends "$image" | grep -E '^linux-(binary|modules)-' || true
}
depends() { apt-cache depends "$1" | sed -n 's/^ *Depends: \([^<].*\)/\1/p'; } # PACKAGE

initrd() { # ROOT MODULES: on standard output
  local root=$1 base=${2%/lib/modules/*} version=${2##*/} module file
  find "$2" -name '*.ko.xz' -exec xz -d {} +
  depmod -b "$base" "$version"
  cp /bin/busybox "$root/bin/busybox"
  cp "$HERE/guest/init" "$root/init"
  chmod 755 "$root/init"
  for module in $MODULES; do
    [ -n "$(find "$2" -name "$module.ko")" ] || continue # built into the kernel
    modprobe -d "$base" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
  done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$root/modules/"
    basename "$file"
  done >"$root/modules/order"
  [ -s "$root/modules/order" ] || die "the kernel in $2 has none of: $MODULES"
  (cd "$root" && find . | cpio -o -H newc --quiet | gzip -9)
}
