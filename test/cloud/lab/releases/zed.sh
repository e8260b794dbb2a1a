# 2022.2 Zed, of Debian 12: its packages are installed on this machine itself.
SUITE=          # none: no chroot
FIRST_SHIFT=10000 # the ranges of ports of two releases never meet
MORE_PACKAGES=python3-openstacksdk # clouds-yaml.test.ts compares with it, on this machine

# Keystone and Placement come with programs for uwsgi, the others listen by themselves.
KEYSTONE_WSGI="--wsgi-file /usr/bin/keystone-wsgi-public"
PLACEMENT_WSGI="--wsgi-file /usr/bin/placement-api"
NEUTRON_WSGI="--wsgi-file /usr/bin/neutron-api"
GLANCE_WSGI="" CINDER_WSGI="" NOVA_WSGI=""

export LAB_VIF_TYPE=bridge # of the ports of servers: see py/lab_ml2.py

GLANCE_STORES=glance-one-store.conf
GLANCE_PIPELINE=pipeline # the line of glance-api-paste.ini: [pipeline:glance-api-keystone] pipeline = …
