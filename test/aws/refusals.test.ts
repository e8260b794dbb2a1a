import { beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "../../shared/aws/client.ts";
import { DynamoDbStore } from "../../shared/aws/dynamodb-store.ts";
import type { AwsAccess, AwsSeam } from "../../shared/aws/seam.ts";
import { SqsQueue } from "../../shared/aws/sqs-queue.ts";
import type { Http, ReconcileRequest, Write } from "../../shared/ports.ts";
import { refused, Wire } from "./wire.ts";

const SECRETS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s3cr3t", sessionToken: "t0k3n" };
const access = (service: string): AwsAccess => ({
  endpoint: `https://${service}.eu-west-1.amazonaws.com`,
  region: "eu-west-1",
  credentials: SECRETS,
});
const nobody: Http = {
  send: async () => {
    throw new Error("this was to be kept from the network");
  },
};
const PREFIX = "https://sqs.eu-west-1.amazonaws.com/123456789012/regild-";
const KEY = { pk: "R#web", sk: "head" };

let wire: Wire;
let store: DynamoDbStore;
let queue: SqsQueue;
beforeEach(() => {
  wire = new Wire(nobody);
  const seam: AwsSeam = { http: wire, now: () => 0, random: () => 0, wait: async () => {} };
  store = new DynamoDbStore(new AwsClient("dynamodb", access("dynamodb"), seam), "regild-prod");
  queue = new SqsQueue(new AwsClient("sqs", access("sqs"), seam), PREFIX);
});

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => String(error),
  );
const request: ReconcileRequest = { key: KEY, version: 1 };

describe("what AWS refuses is sent once, and told with its remedy", () => {
  it("a table that is not there", async () => {
    wire.plan("GetItem", refused(400, "ResourceNotFoundException", "Requested resource not found"));
    await expect(store.get(KEY)).rejects.toThrow(
      "DynamoDB GetItem, table regild-prod: ResourceNotFoundException (Requested resource not found). There is no such table in eu-west-1: deploy the stack, or correct REGILD_TABLE or AWS_REGION. Request id REQ-1",
    );
    expect(wire.actions).toEqual(["GetItem"]);
  });

  it("a queue that is not there", async () => {
    wire.plan("SendMessage", refused(400, "QueueDoesNotExist"));
    await expect(queue.send("abandon", request, 0)).rejects.toThrow(
      `SQS SendMessage, queue ${PREFIX}abandon: QueueDoesNotExist. There is no such queue in eu-west-1: deploy the stack, or correct REGILD_QUEUE_URL_PREFIX or AWS_REGION.`,
    );
    expect(wire.actions).toEqual(["SendMessage"]);
  });

  it("a role that may not", async () => {
    wire.plan("Query", refused(400, "AccessDeniedException", "User: arn:… is not authorized"));
    await expect(store.due(0, 1, 1)).rejects.toThrow(
      "AccessDeniedException (User: arn:… is not authorized). Allow dynamodb:Query on regild-prod to this role.",
    );
  });

  it("an answer that is not AWS's is no mistake of ours: something stands in the way", async () => {
    wire.plan("GetItem", async () => {
      return { kind: "response", status: 403, headers: {}, text: "<h1>Blocked</h1>" };
    });
    await expect(store.get(KEY)).rejects.toThrow(
      "DynamoDB GetItem, table regild-prod: HTTP 403. Check AWS_REGION, the AWS_ENDPOINT_URL variables and this network's way to AWS.",
    );
  });

  it("a request that AWS does not understand is a mistake of ours, its words kept short", async () => {
    wire.plan("GetItem", refused(400, "ValidationException", "x".repeat(5000)));
    const message = await messageOf(store.get(KEY));
    expect(message).toContain("This is a mistake in Regild: report it.");
    expect(message.length).toBeLessThan(600);
  });

  it.each([
    "InvalidSignatureException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
  ])("%s quotes nothing of what was sent: AWS repeats the token there", async (code) => {
    const canonical = `The Canonical String should have been 'x-amz-security-token:${SECRETS.sessionToken}'`;
    wire.plan("GetItem", refused(403, code, canonical));
    const message = await messageOf(store.get(KEY));
    expect(message).toContain(`${code}. Check AWS_ACCESS_KEY_ID`);
    for (const secret of Object.values(SECRETS)) expect(message).not.toContain(secret);
  });
});

describe("what is too large is refused before it is sent", () => {
  const write = (doc: string): Write => ({
    key: KEY,
    writeId: "w",
    sweepAtMs: 1,
    day: "2026-11-22",
    expiresAtMs: 1,
    doc,
  });

  it("an item of more than 400 KB, which names its key and table", async () => {
    await expect(store.commit(write("ü".repeat(205_000)), 3)).rejects.toThrow(
      /^R#web head would take 410\d{3} bytes in table regild-prod, and DynamoDB holds 409600: nothing was written/,
    );
    expect(wire.actions).toEqual([]);
  });

  it("a message of more than 1 MiB, counted as it is sent", async () => {
    const key = { pk: "ü".repeat(200_000), sk: "head" };
    await expect(queue.send("abandon", { key, version: 1 }, 0)).rejects.toThrow(
      /^a message of 12000\d\d bytes for .*regild-abandon was not sent: SQS takes 1048576$/,
    );
    expect(wire.actions).toEqual([]);
  });
});
