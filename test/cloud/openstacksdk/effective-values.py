"""Reads many clouds.yaml files by openstacksdk and prints what each comes to.

stdin: one JSON document per line, {"clouds": TEXT, "secure": TEXT or null, "cloud": NAME, "region": NAME or null}.
stdout: a JSON document per line, in the same order: the effective values, or {"error": WHY}.
"""

import json
import os
import sys
import tempfile
import warnings

from openstack import config
from openstack.version import __version__

warnings.simplefilter("ignore")
SERVICES = {"compute": "compute", "volume": "block-storage", "image": "image"}
AUTH = (
    "auth_url username user_id password project_id project_name user_domain_id user_domain_name "
    "project_domain_id project_domain_name application_credential_id application_credential_secret"
).split()


def effective(folder, asked):
    paths = {}
    for name in ("clouds", "secure"):
        paths[name] = os.path.join(folder, name + ".yaml")
        with open(paths[name], "w", encoding="utf-8") as file:
            file.write(asked[name] or "clouds: {}\n")
    loaded = config.OpenStackConfig(
        config_files=[paths["clouds"]],
        secure_files=[paths["secure"]],
        vendor_files=[],
        load_envvars=False,
    )
    region = loaded.get_one(cloud=asked["cloud"], region_name=asked["region"] or "")
    verify, cert = region.get_requests_verify_args()
    return {
        "auth": {key: region.config["auth"].get(key) for key in AUTH},
        "region": region.config["region_name"],
        "verify": verify,
        "cert": cert,
        "services": {
            name: {
                "interface": region.get_interface(kind),
                "region": region.get_region_name(kind),
                "endpoint": region.get_endpoint(kind),
                "type": region.get_service_type(kind),
                "name": region.get_service_name(kind),
            }
            for name, kind in SERVICES.items()
        },
    }


def main():
    print(json.dumps({"openstacksdk": __version__}))
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            try:
                answer = json.dumps(effective(folder, json.loads(line)))
            except Exception as error:  # whatever it is: this file cannot be used there
                answer = json.dumps({"error": f"{type(error).__name__}: {error}"[:200]})
            print(answer)


main()
