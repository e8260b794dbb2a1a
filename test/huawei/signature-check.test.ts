import { describe, expect, it } from "vitest";
import { signed } from "../../shared/openstack/signature.ts";
import { checkSignature, type Arrived } from "./signature-check.ts";

// The example of the API Request Signing Guide, as its receiver sees it.
const KEY = { access: "QTWAOYTTINDUT2QVKYUC", secret: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc" };
const NOW_MS = Date.parse("2019-11-15T03:37:00Z");
const EXAMPLE: Arrived = {
  method: "GET",
  target:
    "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
  headers: {
    host: "service.region.example.com",
    "content-type": "application/json",
    "x-sdk-date": "20191115T033655Z",
    authorization:
      "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, " +
      "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
  },
  body: "",
};

const check = (is: Partial<Arrived>) => checkSignature({ ...EXAMPLE, ...is }, [KEY], NOW_MS);
const withHeader = (name: string, value: string) => ({
  headers: { ...EXAMPLE.headers, [name]: value },
});

it("takes the example of the guide", () => {
  expect(check({})).toEqual({ key: KEY });
});

it.each<[string, Partial<Arrived>]>([
  ["method", { method: "DELETE" }],
  ["path", { target: EXAMPLE.target.replace("vpcs", "vpcS") }],
  ["query", { target: EXAMPLE.target.replace("limit=2", "limit=3") }],
  ["host", withHeader("host", "service.region.example.com:443")],
  ["content type", withHeader("content-type", "text/plain")],
  ["date", withHeader("x-sdk-date", "20191115T033656Z")],
  ["body", { body: "{}" }],
])("refuses another %s", (_, is) => {
  expect(check(is)).toEqual({ refusal: "verify aksk signature fail" });
});

const TEXTS = ["", "web", "a b", "a+b", "50%", "é/ü", "x=y&z", "~-._", "(!)*'", "😀", "lt:2026"];

describe("what Regild signs is taken, whatever is in it:", () => {
  it.each(TEXTS.flatMap((name) => TEXTS.map((value) => [name, value] as const)))(
    "%j=%j",
    (name, value) => {
      const query = new URLSearchParams([
        ["z", value],
        [name, value],
        [name, "0"],
        ["B", "1"],
      ]);
      const part = encodeURIComponent(`${name}-${value}`);
      const url = `https://ims.example.com:8443/v2/images/${part}/tags?${query.toString()}`;
      const request = {
        method: "PUT",
        url,
        headers: { "content-type": "application/json", "x-project-id": "p" },
        body: JSON.stringify({ name: value }),
      };
      const key = { accessKey: KEY.access, secretKey: KEY.secret };
      const sent = signed(request, key, NOW_MS);
      const { host, pathname, search } = new URL(sent.url);
      const { method, body } = request;
      const arrived = {
        method,
        target: pathname + search,
        headers: { ...sent.headers, host },
        body,
      };
      expect(checkSignature(arrived, [KEY], NOW_MS)).toEqual({ key: KEY });
    },
  );
});
