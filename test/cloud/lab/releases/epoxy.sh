# 2025.1 Epoxy, of Debian 13: in a chroot.
. "$HERE/releases/zed.sh"
SUITE=trixie
FIRST_SHIFT=11000
MORE_PACKAGES=

# Glance's paste file has no [pipeline:] sections any more, but: [composite:api] keystone = …
GLANCE_PIPELINE=keystone
