#!/bin/bash
# Huawei Cloud's own SDK for Node signs two kinds of requests in another way than the API Request Signing Guide says:
# - A PATCH of an image in IMS has the content type application/openstack-images-v2.1-json-patch. The SDK does not hash
#   its body. It signs the words UNSIGNED-PAYLOAD, and sends them as X-Sdk-Content-Sha256. So it does for every content
#   type other than application/json.
# - A path with an encoded character (a tag with a blank) is encoded once more before it is signed: %2520 for %20.
#   gophertelekomcloud, which the Terraform provider uses, signs the decoded path encoded once (signer_helper.go).
# Whoever checks signatures by the guide alone (a fake, a gateway) refuses both. GET with a query and POST of JSON agree.
# Guess before: the vendor's SDK signs the bytes it sends, by the guide, whatever the content type or the path.
# Seen with @huaweicloud/huaweicloud-sdk-core 3.1.211:
#   GET /v2/cloudimages?name=web%20golden&tag=a%3Db: as the guide says
#   POST /v2/cloudimages/action: as the guide says
#   PATCH /v2/cloudimages/x: body not signed (UNSIGNED-PAYLOAD)
#   PUT /v2/images/x/tags/golden%20image: path encoded twice
# No cloud is asked: the requests go to a server on loopback.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @huaweicloud/huaweicloud-sdk-core@3.1.211
cat >probe.cjs <<'JS'
const http = require("node:http");
const { createHash, createHmac } = require("node:crypto");
const { BasicCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const { HcClient } = require("@huaweicloud/huaweicloud-sdk-core/HcClient");
const { DefaultHttpClient } = require("@huaweicloud/huaweicloud-sdk-core/http/DefaultHttpClient");

const secret = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";
const hash = (text) => createHash("sha256").update(text).digest("hex");
const slashed = (path) => path.replace(/\/?$/, "/");

function judge({ method, url, headers }, body) {
  const [, names, signature] = /SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers.authorization);
  const [path, query = ""] = url.split("?");
  const lines = names.split(";").map((name) => `${name}:${headers[name].trim()}\n`).join("");
  const signedAs = (uri, payload) => {
    const canonical = [method, uri, query.split("&").sort().join("&"), lines, names, payload].join("\n");
    const text = ["SDK-HMAC-SHA256", headers["x-sdk-date"], hash(canonical)].join("\n");
    return createHmac("sha256", secret).update(text).digest("hex") === signature;
  };
  if (signedAs(slashed(path), hash(body))) return "as the guide says";
  if (signedAs(slashed(path), "UNSIGNED-PAYLOAD")) return "body not signed (UNSIGNED-PAYLOAD)";
  if (signedAs(slashed(path.replaceAll("%", "%25")), hash(body))) return "path encoded twice";
  return "otherwise";
}

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    console.log(`${request.method} ${request.url}: ${judge(request, body)}`);
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
});
server.listen(0, "127.0.0.1", async () => {
  const endpoint = [`http://127.0.0.1:${server.address().port}`];
  const key = new BasicCredentials().withAk("QTWAOYTTINDUT2QVKYUC").withSk(secret).withProjectId("p1");
  const client = new HcClient(new DefaultHttpClient({}, endpoint), {}).withEndpoints(endpoint).withCredential(key);
  const json = "application/json";
  const patch = "application/openstack-images-v2.1-json-patch";
  const ask = (method, url, contentType, rest) =>
    client.sendRequest({ method, url, contentType, headers: {}, pathParams: {}, queryParams: {}, ...rest });
  await ask("GET", "/v2/cloudimages", json, { queryParams: { name: "web golden", tag: "a=b" } });
  await ask("POST", "/v2/cloudimages/action", json, { data: { name: "web", instance_id: "i" } });
  await ask("PATCH", "/v2/cloudimages/x", patch, { data: [{ op: "replace", path: "/name", value: "n" }] });
  await ask("PUT", "/v2/images/x/tags/{tag}", json, { pathParams: { tag: "golden image" } });
  server.close();
});
JS
echo "@huaweicloud/huaweicloud-sdk-core $(node -p 'require("@huaweicloud/huaweicloud-sdk-core/package.json").version'), node $(node --version)"
seen=$(node probe.cjs)
echo "$seen"
[ "$(grep -c 'as the guide says$' <<<"$seen")" = 2 ]
grep -q '^PATCH .*: body not signed (UNSIGNED-PAYLOAD)$' <<<"$seen"
grep -q '^PUT .*golden%20image: path encoded twice$' <<<"$seen"
