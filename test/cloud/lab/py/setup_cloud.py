"""Waits for the agents, then makes flavors, the volume type and a base image. Idempotent."""
import os
import struct
import subprocess
import sys
import tempfile
import time

from labhttp import Api, base

nova_conf = sys.argv[1]
admin = Api("admin", "demo")
nova = base("NOVA") + "/v2.1"
cinder = base("CINDER") + "/v3/" + admin.project_id
glance = base("GLANCE_AZ1") + "/v2"


def until(what, check):
    for _ in range(240):
        if check():
            return
        time.sleep(0.5)
    sys.exit("lab: gave up waiting for " + what)


def agents_up(url, *wanted):
    services = admin.call("GET", url + "/os-services")["services"]
    return set(wanted) <= {s["binary"] for s in services if s["state"] == "up"}


def hypervisors():
    return admin.call("GET", nova + "/os-hypervisors")["hypervisors"]


def discover_hosts():
    subprocess.run(["nova-manage", "--config-file", nova_conf, "cell_v2", "discover_hosts"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return hypervisors()


until("Cinder's agents", lambda: agents_up(cinder, "cinder-volume", "cinder-scheduler"))
until("Nova's agents", lambda: agents_up(nova, "nova-conductor", "nova-scheduler", "nova-compute"))
until("the hypervisor", lambda: hypervisors() or discover_hosts())

flavors = {f["name"] for f in admin.call("GET", nova + "/flavors")["flavors"]}
for flavor_id, name, ram, disk in (("1", "lab.tiny", 64, 1), ("2", "lab.small", 128, 2)):
    if name not in flavors:
        admin.call("POST", nova + "/flavors", {"flavor": {
            "id": flavor_id, "name": name, "ram": ram, "disk": disk, "vcpus": 1}})

if not any(t["name"] == "lab" for t in admin.call("GET", cinder + "/types")["volume_types"]):
    admin.call("POST", cinder + "/types", {"volume_type": {
        "name": "lab", "extra_specs": {"volume_backend_name": "lab"}}})

# One network for all projects, without a router: servers and this machine reach each other.
neutron = base("NEUTRON") + "/v2.0"
if not admin.call("GET", neutron + "/networks?name=lab-net")["networks"]:
    network = admin.call("POST", neutron + "/networks", {"network": {
        "name": "lab-net", "shared": True, "provider:network_type": "flat", "provider:physical_network": "lab"}})["network"]
    admin.call("POST", neutron + "/subnets", {"subnet": {
        "network_id": network["id"], "name": "lab-net", "ip_version": 4, "enable_dhcp": False, "gateway_ip": None,
        "cidr": os.environ["LAB_SUBNET"] + ".0/24",
        "allocation_pools": [{"start": os.environ["LAB_SUBNET"] + ".10", "end": os.environ["LAB_SUBNET"] + ".250"}]}})

# The base image: a boot sector that halts (cli; hlt; jmp) and a little noise to upload. It names one partition, from
# 1 MiB to the end: Nova of 2025.1 boots from no disk with a boot signature and no partition ("Base image failed safety
# check"), and Glance of 2026.2 takes no such disk as raw.
BOOT = b"\xfa\xf4\xeb\xfd".ljust(446, b"\0") + struct.pack(
    "<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", 2048, 30720)


def make_image(name, qcow2, **properties):
    if admin.call("GET", glance + "/images?status=active&name=" + name)["images"]:
        return
    image_id = admin.call("POST", glance + "/images", dict(
        properties, name=name, visibility="public", disk_format="qcow2", container_format="bare",
        min_disk=1, os_distro="none", hw_disk_bus="virtio"))["id"]
    with open(qcow2, "rb") as f:
        admin.call("PUT", "%s/images/%s/file" % (glance, image_id), data=f,
                   headers={"Content-Type": "application/octet-stream"})


with tempfile.TemporaryDirectory(dir=os.environ["LAB_DIR"]) as tmp:
    raw, qcow2 = os.path.join(tmp, "raw"), os.path.join(tmp, "qcow2")
    with open(raw, "wb") as f:
        f.write(BOOT.ljust(510, b"\0") + b"\x55\xaa")
        f.seek(1 << 20)
        f.write(os.urandom(2 << 20))
        f.truncate(16 << 20)
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, qcow2], check=True)
    make_image("lab-base", qcow2)
# It reads its address from its config drive: there is no DHCP here.
make_image("lab-guest", os.path.join(os.environ["LAB_DIR"], "lab-guest.qcow2"),
           min_ram=128, img_config_drive="mandatory")
