#!/bin/bash
# no_proxy with a port counts for a name and not for an IPv4 address in python-requests, so in the openstack command:
# "10.0.0.5:5000" is asked of the proxy, "id.example:5000" is not. A name also counts as the end of a longer word:
# "cloud.example" makes an exception of "mycloud.example".
# Guess before: a port counts for both, and a name only as a whole or below a dot.
# Seen with Debian 12, requests 2.28.1:
#   id.example:5000 direct; 10.0.0.5:5000 proxy; 10.0.0.5 direct; mycloud.example direct
# Needs root, for apt-get.
set -euo pipefail
apt-get install -y -qq python3-requests >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-requests
seen=$(env -u NO_PROXY -u no_proxy /usr/bin/python3 - <<'PYTHON'
import os
from requests.utils import should_bypass_proxies
def way(no_proxy, url):
    os.environ["no_proxy"] = no_proxy
    return "direct" if should_bypass_proxies(url, None) else "proxy"
print(
    f"id.example:5000 {way('id.example:5000', 'http://id.example:5000/v3')}; "
    f"10.0.0.5:5000 {way('10.0.0.5:5000', 'http://10.0.0.5:5000/v3')}; "
    f"10.0.0.5 {way('10.0.0.5', 'http://10.0.0.5:5000/v3')}; "
    f"mycloud.example {way('cloud.example', 'http://mycloud.example/')}"
)
PYTHON
)
echo "$seen"
[ "$seen" = "id.example:5000 direct; 10.0.0.5:5000 proxy; 10.0.0.5 direct; mycloud.example direct" ]
