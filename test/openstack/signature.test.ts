import { describe, expect, it } from "vitest";
import { signed, type Signable } from "../../shared/openstack/signature.ts";

const KEY = {
  accessKey: "QTWAOYTTINDUT2QVKYUC",
  secretKey: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
};
const NOW_MS = Date.parse("2019-11-15T03:36:55.999Z");
const JSON_TYPE = { "content-type": "application/json" };

function sign(request: Partial<Signable> & { url: string }) {
  return signed({ method: "GET", headers: JSON_TYPE, body: null, ...request }, KEY, NOW_MS);
}

const signatureOf = (request: Partial<Signable> & { url: string }) =>
  /Signature=(.*)$/.exec(sign(request).headers["authorization"] ?? "")?.[1];

describe("the example of the API Request Signing Guide", () => {
  const vpcs = "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs";
  const query = "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0";

  it("is signed as the guide says", () => {
    expect(sign({ url: `${vpcs}/?${query}` }).headers).toEqual({
      "content-type": "application/json",
      "x-sdk-date": "20191115T033655Z",
      authorization:
        "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, " +
        "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
    });
  });

  it.each([
    ["without the slash at the end", `${vpcs}?${query}`],
    ["with its query in another order", `${vpcs}/?${query.split("&").toReversed().join("&")}`],
    ["with the default port", `${vpcs.replace(".com/", ".com:443/")}/?${query}`],
  ])("has the same signature %s", (_, url) => {
    expect(signatureOf({ url })).toBe(signatureOf({ url: `${vpcs}/?${query}` }));
  });
});

// Signatures that @huaweicloud/huaweicloud-sdk-core 3.1.211 makes of the same requests.
describe("the vendor's own SDK", () => {
  it.each<[string, string, Partial<Signable> & { url: string }]>([
    [
      "a body, a port, a project and a security token",
      "63ae2de52942f2b3bb0cfaa4423e75af780ae9b35037a120d8b2e07365e3c7aa",
      {
        method: "POST",
        url: "https://ims.example.com:8443/v2/cloudimages/action",
        headers: { ...JSON_TYPE, "x-project-id": "p1", "x-security-token": "tok/en+==" },
        body: '{"name":"web é"}',
      },
    ],
    [
      "a query with characters that have to be encoded",
      "bd1713b65e679cb7f07b064cfc66f604e71ecc515e5aa6dfa9d92914b13cfb15",
      {
        url: `https://ims.example.com/v2/cloudimages?${new URLSearchParams({
          name: "a b+c*~é",
          created_at: "lt:2026-11-28T00:00:00Z",
          __imagetype: "private",
        }).toString()}`,
      },
    ],
  ])("signs %s alike", (_, signature, request) => {
    expect(signatureOf(request)).toBe(signature);
  });
});

it("sends the query as it is signed", () => {
  const { url } = sign({ url: "https://ims.example.com/v2/images?tag=b&name=a+b*%7E&tag=a" });
  expect(url).toBe("https://ims.example.com/v2/images?name=a%20b%2A~&tag=a&tag=b");
});

it("never has the secret key in what is sent", () => {
  expect(JSON.stringify(sign({ url: "https://ims.example.com/v2/images" }))).not.toContain(
    KEY.secretKey,
  );
});
