# 2026.2 Hibiscus, of Debian sid: in a chroot. sid moves: its packages may be newer than this, or not install today.
. "$HERE/releases/epoxy.sh"
SUITE=sid
FIRST_SHIFT=12000
MORE_PACKAGES=placement-common # no longer comes with python3-placement

# The programs are gone, and so is listening by oneself ("Standalone glance-api is no longer supported"; there is no
# nova/cmd/api.py): each API is a module for a WSGI server.
KEYSTONE_WSGI="--module keystone.wsgi.api:application"
PLACEMENT_WSGI="--module placement.wsgi.api:application"
NEUTRON_WSGI="--module neutron.wsgi.api:application"
GLANCE_WSGI="--module glance.wsgi.api:application"
CINDER_WSGI="--module cinder.wsgi.api:application"
NOVA_WSGI="--module nova.wsgi.osapi_compute:application"

LAB_VIF_TYPE=tap

# Several stores, as deployers of this release have them.
GLANCE_STORES=glance-two-stores.conf
