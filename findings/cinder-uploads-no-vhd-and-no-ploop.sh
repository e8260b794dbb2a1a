#!/bin/bash
# Cinder's API takes "vhd" and "ploop" as disk_format of os-volume_upload_image and answers 202. Since the security update
# of June 2024 (CVE-2024-32498) each such upload fails: Cinder asks `qemu-img info -f vhd`, and qemu-img knows that format
# as vpc only. It does not recognise ploop, takes it for raw, and refuses its own file. Cinder then deletes the image
# (_delete_image in cinder/volume/manager.py). A volume of a VHD image fails alike. The other five formats work.
# Guess before: each format of the API's list works, as the images of a volume did before (release note
# vhd-disk-format-upload-to-image). A second guess: a VHD is larger than its volume, so it does not fit a new one.
# Seen with Debian 12, python3-cinder 21.3.1, qemu-utils 7.2:
#   raw uploaded, qcow2 uploaded, vmdk uploaded, vdi uploaded, vhdx uploaded
#   vhd: Unknown driver 'vhd'
#   ploop: Converted to parallels, but format is now raw
#   a volume of a VHD image: Unknown driver 'vhd'
# The code is the same on the main branch of August 2026 (qemu_img_info in cinder/image/image_utils.py).
# Needs root, for apt-get. Cinder's own functions run in a temporary folder, without a service.
set -euo pipefail
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-cinder qemu-utils >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-cinder qemu-utils
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.py" <<'PYTHON'
import re, shutil, subprocess, sys, warnings
warnings.simplefilter("ignore")
from cinder import context
from cinder.image import image_utils
from oslo_config import cfg

folder = sys.argv[1]
cfg.CONF([], project="cinder", default_config_files=[])
cfg.CONF.set_override("image_conversion_dir", folder)
request = context.RequestContext("user", "project")

class Glance:
    """The part of Glance that Cinder uses here: one image, whose content is a file."""
    def __init__(self, disk_format):
        self.image = dict(id="image", disk_format=disk_format, container_format="bare")
        self.temp_images = {}
        self.path = f"{folder}/image.{disk_format}"
    def show(self, *_):
        return self.image
    def update(self, _context, _id, _meta, data, **_more):
        with open(self.path, "wb") as file:
            while piece := data.read(65536):
                file.write(piece)
    def download(self, _context, _id, file):
        with open(self.path, "rb") as content:
            shutil.copyfileobj(content, file)
    def get_location(self, *_):
        return None, None

def told(act, done):
    try:
        act()
        return done
    except Exception as error:
        return re.search(r"Unknown driver '\w+'|Converted to .*", str(error)).group()

def uploaded(disk_format):
    glance = Glance(disk_format)
    return told(lambda: image_utils.upload_volume(request, glance, glance.image, volume, run_as_root=False), "uploaded")

volume = f"{folder}/volume"
subprocess.run(["qemu-img", "create", "-q", "-f", "raw", volume, "16M"], check=True)
print(", ".join(f"{name} {uploaded(name)}" for name in ("raw", "qcow2", "vmdk", "vdi", "vhdx")))
for name in ("vhd", "ploop"):
    print(f"{name}: {uploaded(name)}")

glance = Glance("vhd")
subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "vpc", volume, glance.path], check=True)
fetched = told(lambda: image_utils.fetch_to_raw(request, glance, "image", f"{folder}/new", 65536, size=1,
                                                run_as_root=False), "made")
print(f"a volume of a VHD image: {fetched}")
PYTHON
seen=$(/usr/bin/python3 "$folder/run.py" "$folder" 2>"$folder/errors") || { cat "$folder/errors"; exit 1; }
echo "$seen"
[ "$seen" = "raw uploaded, qcow2 uploaded, vmdk uploaded, vdi uploaded, vhdx uploaded
vhd: Unknown driver 'vhd'
ploop: Converted to parallels, but format is now raw
a volume of a VHD image: Unknown driver 'vhd'" ]
