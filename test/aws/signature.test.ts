import { createHash, createHmac } from "node:crypto";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { AwsClient } from "../../shared/aws/client.ts";
import type { HttpRequest } from "../../shared/ports.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const SERVICES = ["dynamodb", "sqs", "ssm", "secretsmanager"] as const;

async function sent(service: (typeof SERVICES)[number], sessionToken: string | null) {
  const requests: HttpRequest[] = [];
  const http = {
    send: async (request: HttpRequest) => {
      requests.push(request);
      return { kind: "response", status: 200, headers: {}, text: "{}" } as const;
    },
  };
  const access = {
    endpoint: "http://localhost:4566",
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET, sessionToken },
  };
  const now = () => Date.parse("2026-11-22T12:00:00.789Z");
  const seam = { http, now, random: () => 0, wait: async () => {} };
  await new AwsClient(service, access, seam).call("Act", "thing", { text: "ü" }, z.object({}));
  const [request] = requests;
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string) =>
  createHmac("sha256", key).update(text).digest();

/** By the letter of "Create a signed AWS API request" in the IAM user guide, from what is on the wire. */
function signatureOf({ headers, body = "" }: HttpRequest, service: string): string {
  const names = /SignedHeaders=([^,]+)/.exec(headers["authorization"] ?? "")?.[1] ?? "";
  const lines = names.split(";").map((name) => `${name}:${headers[name]}\n`);
  const canonical = ["POST", "/", "", lines.join(""), names, hash(body)].join("\n");
  const scope = `20261122/eu-west-1/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", "20261122T120000Z", scope, hash(canonical)].join("\n");
  const key = ["eu-west-1", service, "aws4_request"].reduce(
    hmac,
    hmac(`AWS4${SECRET}`, "20261122"),
  );
  return hmac(key, text).toString("hex");
}

it.each(SERVICES)("a call of %s is signed as it is sent", async (service) => {
  for (const sessionToken of [null, "token"]) {
    const request = await sent(service, sessionToken);
    const { authorization = "", ...headers } = request.headers;
    expect(authorization).toContain(`Credential=AKIDEXAMPLE/20261122/eu-west-1/${service}/`);
    expect(authorization).toContain(`Signature=${signatureOf(request, service)}`);
    for (const name of ["host", "x-amz-date", "x-amz-target"])
      expect(authorization).toContain(name);
    expect(headers["host"]).toBe("localhost:4566");
    expect(headers["x-amz-security-token"]).toBe(sessionToken ?? undefined);
    expect(JSON.stringify(request)).not.toContain(SECRET);
  }
});

it.each([
  ["dynamodb", "DynamoDB_20120810.Act", "1.0"],
  ["sqs", "AmazonSQS.Act", "1.0"],
  ["ssm", "AmazonSSM.Act", "1.1"],
  ["secretsmanager", "secretsmanager.Act", "1.1"],
] as const)("a call of %s is in its JSON protocol", async (service, target, version) => {
  const request = await sent(service, null);
  expect(request).toMatchObject({ method: "POST", url: "http://localhost:4566/" });
  expect(request.body).toBe('{"text":"ü"}');
  expect(request.headers["x-amz-target"]).toBe(target);
  expect(request.headers["content-type"]).toBe(`application/x-amz-json-${version}`);
});
