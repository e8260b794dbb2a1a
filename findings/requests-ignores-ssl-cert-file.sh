#!/bin/bash
# SSL_CERT_FILE is how OpenSSL, curl and Python's own urllib are given a CA. python-requests, and so the openstack
# command, ignores it: only REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE count, and then nothing else is trusted.
# Guess before: requests uses OpenSSL's default store, so SSL_CERT_FILE counts.
# Seen with Debian 12 (requests 2.28.1, curl 7.88.1):
#   SSL_CERT_FILE: requests SSLError, urllib 200, curl 200
#   REQUESTS_CA_BUNDLE: requests 200, urllib URLError, curl 000
# Needs root, for apt-get.
set -euo pipefail
apt-get install -y -qq python3-requests curl openssl >/dev/null
dpkg-query -W -f '${Package} ${Version}\n' python3-requests curl openssl
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out ca.pem -days 2 \
  -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
echo hello >index.html
cat >serve.py <<'PYTHON'
import http.server, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("ca.pem", "key.pem")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
open("port", "w").write(str(server.server_port))
server.serve_forever()
PYTHON
/usr/bin/python3 serve.py 2>/dev/null &
server=$!
for _ in $(seq 50); do [ -s port ] && break; sleep 0.1; done
url=https://localhost:$(cat port)/
cat >ask.py <<'PYTHON'
import sys, urllib.request, requests
def told(ask):
    try:
        return ask()
    except Exception as error:
        return type(error).__name__
url = sys.argv[1]
print(f"requests {told(lambda: requests.get(url).status_code)}, urllib {told(lambda: urllib.request.urlopen(url).status)}", end="")
PYTHON
seen=$(for name in SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
  clean=(env -u SSL_CERT_FILE -u SSL_CERT_DIR -u REQUESTS_CA_BUNDLE -u CURL_CA_BUNDLE -u https_proxy -u HTTPS_PROXY "$name=$folder/ca.pem")
  echo "$name: $("${clean[@]}" /usr/bin/python3 ask.py "$url"), curl $("${clean[@]}" curl -s -o /dev/null -w '%{http_code}' "$url" || true)"
done)
echo "$seen"
[ "$seen" = "SSL_CERT_FILE: requests SSLError, urllib 200, curl 200
REQUESTS_CA_BUNDLE: requests 200, urllib URLError, curl 000" ]
