#!/bin/bash
# Glance takes any text as the value of an image property. Nova reads it only when a server is made of the image, and treats
# a value that it does not know in two ways. Some make each server of the image fail with 400 "Invalid image metadata",
# among them true for img_config_drive and os_secure_boot, and virtio-scsi for hw_disk_bus. Others turn into "no" without a
# word: hw_qemu_guest_agent=enabled gives no agent, os_require_quiesce=required no frozen file system, and
# trait:NAME=forbidden, which flavors know, forbids nothing. Capital letters count for some properties and not for others.
# Guess before: a value that Nova does not know is an error for every property, and none of them takes capital letters.
# Seen with Debian 12, python3-nova 26.2.2:
#   hw_qemu_guest_agent=enabled        False
#   hw_qemu_guest_agent=yes            True
#   os_require_quiesce=required        False
#   hw_boot_menu=enabled               False
#   trait:CUSTOM_GOLDEN=forbidden      not read
#   trait:CUSTOM_GOLDEN=required       CUSTOM_GOLDEN
#   hw_vif_model=VirtIO                virtio
#   os_type=Windows                    windows
#   hw_disk_bus=VirtIO                 Field value VirtIO is invalid
#   hw_disk_bus=virtio-scsi            Field value virtio-scsi is invalid
#   hw_firmware_type=UEFI              Field value UEFI is invalid
#   os_secure_boot=true                Field value true is invalid
#   img_config_drive=true              Field value true is invalid
# Source of the 400: _get_image_meta_obj in nova/compute/api.py. Needs root, for apt-get.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-nova >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-nova
seen=$(/usr/bin/python3 -W ignore - <<'PYTHON'
from nova.objects.image_meta import ImageMeta

def read(name, value):
    try:
        properties = ImageMeta.from_dict({"id": "image", "properties": {name: value}}).properties
    except ValueError as error:
        return str(error)
    values = [getattr(properties, field) for field in properties.fields if properties.obj_attr_is_set(field)]
    return ", ".join(str(value[0] if isinstance(value, list) else value) for value in values) or "not read"

for text in """hw_qemu_guest_agent=enabled hw_qemu_guest_agent=yes os_require_quiesce=required hw_boot_menu=enabled
               trait:CUSTOM_GOLDEN=forbidden trait:CUSTOM_GOLDEN=required hw_vif_model=VirtIO os_type=Windows
               hw_disk_bus=VirtIO hw_disk_bus=virtio-scsi hw_firmware_type=UEFI os_secure_boot=true
               img_config_drive=true""".split():
    print(f"{text:<34} {read(*text.split('='))}")
PYTHON
)
echo "$seen"
[ "$seen" = "hw_qemu_guest_agent=enabled        False
hw_qemu_guest_agent=yes            True
os_require_quiesce=required        False
hw_boot_menu=enabled               False
trait:CUSTOM_GOLDEN=forbidden      not read
trait:CUSTOM_GOLDEN=required       CUSTOM_GOLDEN
hw_vif_model=VirtIO                virtio
os_type=Windows                    windows
hw_disk_bus=VirtIO                 Field value VirtIO is invalid
hw_disk_bus=virtio-scsi            Field value virtio-scsi is invalid
hw_firmware_type=UEFI              Field value UEFI is invalid
os_secure_boot=true                Field value true is invalid
img_config_drive=true              Field value true is invalid" ]
