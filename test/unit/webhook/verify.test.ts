import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { deliveryOf, type Verdict } from "../../../shared/webhook/delivery.ts";
import { verifyGithub } from "../../../shared/webhook/github.ts";
import { verifyGitlab } from "../../../shared/webhook/gitlab.ts";
import { verifyStandardWebhooks } from "../../../shared/webhook/standard-webhooks.ts";
import { githubSignature, standardSignature } from "./sign.ts";

type Headers = Record<string, string | undefined>;
const bytes = (text: string) => Buffer.from(text, "utf8");
const OTHER = "another secret of the sender";
const OTHER_SIGNING = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const genuine = (id: string | null): Verdict => ({ isGenuine: true, id });
const refused = (reason: string): Verdict => ({ isGenuine: false, reason });

describe("github", () => {
  /** docs.github.com, Validating webhook deliveries: testing the webhook payload validation. */
  const SECRET = "It's a Secret to Everybody";
  const BODY = "Hello, World!";
  const SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const ID = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
  const HEADERS = { "X-Hub-Signature-256": SIGNATURE, "X-GitHub-Delivery": ID };
  const verify = (headers: Headers, { body = BODY, secrets = [SECRET] } = {}) =>
    verifyGithub(deliveryOf(headers, bytes(body)), secrets);

  it("takes its documentation's own example", () => {
    expect(verify(HEADERS)).toEqual(genuine(ID));
  });

  it("takes any of several secrets, and header names in any case", () => {
    expect(verify(HEADERS, { secrets: [OTHER, SECRET] })).toEqual(genuine(ID));
    expect(verify(HEADERS, { secrets: [SECRET, OTHER] })).toEqual(genuine(ID));
    const lowerCase = { "x-hub-signature-256": SIGNATURE, "x-github-delivery": ID };
    expect(verify(lowerCase)).toEqual(genuine(ID));
  });

  it("signs bytes, whatever text they are", () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
    const headers = { "x-hub-signature-256": githubSignature(SECRET, body) };
    expect(verifyGithub(deliveryOf(headers, body), [SECRET])).toEqual(genuine(null));
  });

  it("has no id where none was sent", () => {
    expect(verify({ "x-hub-signature-256": SIGNATURE })).toEqual(genuine(null));
    expect(verify({ ...HEADERS, "X-GitHub-Delivery": "" })).toEqual(genuine(null));
  });

  const signature = (value: string | undefined): Headers => ({ "x-hub-signature-256": value });
  it.each<[string, Headers, object]>([
    ["an altered body", HEADERS, { body: "Hello, World?" }],
    ["an empty body", HEADERS, { body: "" }],
    ["another secret", HEADERS, { secrets: [OTHER] }],
    ["no secret at all", HEADERS, { secrets: [] }],
    ["the digest without its prefix", signature(SIGNATURE.slice("sha256=".length)), {}],
    ["a digest in upper case", signature(SIGNATURE.toUpperCase()), {}],
    ["a signature cut short", signature(SIGNATURE.slice(0, -1)), {}],
    ["a signature and more", signature(`${SIGNATURE}0`), {}],
    ["two signatures", signature(`${SIGNATURE}, ${SIGNATURE}`), {}],
    ["a prefix alone", signature("sha256="), {}],
    ["SHA-1", signature("sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"), {}],
  ])("refuses %s", (_, headers, is) => {
    expect(verify(headers, is)).toEqual(refused("X-Hub-Signature-256 is of no secret"));
  });

  it.each<[string, Headers]>([
    ["no signature", {}],
    ["an empty one", signature("")],
    ["an undefined one", signature(undefined)],
    ["the old one alone", { "x-hub-signature": "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59" }],
  ])("refuses %s", (_, headers) => {
    expect(verify(headers)).toEqual(refused("X-Hub-Signature-256 is missing"));
  });
});

/** The example of the libraries of standard-webhooks/standard-webhooks. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const SIGNED = {
  "webhook-id": VECTOR.id,
  "webhook-timestamp": String(VECTOR.timestamp),
  "webhook-signature": VECTOR.signature,
};
const AT = VECTOR.timestamp * 1000;
const WINDOW = 5 * 60_000;

describe("standard_webhooks", () => {
  const verify = (
    headers: Headers,
    { body = VECTOR.body, secrets = [VECTOR.secret], nowMs = AT } = {},
  ) => verifyStandardWebhooks(deliveryOf(headers, bytes(body)), secrets, nowMs);
  const signatures = (value: string): Headers => ({ ...SIGNED, "webhook-signature": value });
  const signedAt = (timestamp: number | string): Headers => ({
    ...SIGNED,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": standardSignature(VECTOR.secret, { ...VECTOR, timestamp }),
  });

  const asSvix = (headers: Headers): Headers =>
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace("webhook", "svix"), value]),
    );

  it("takes svix- headers as webhook- headers, in any case, for any secret", () => {
    expect(verify(asSvix(SIGNED))).toEqual(genuine(VECTOR.id));
    const secrets = [OTHER_SIGNING, VECTOR.secret];
    expect(verify(asSvix(SIGNED), { secrets })).toEqual(genuine(VECTOR.id));
    const upperCase = { ...asSvix(SIGNED), "svix-id": undefined, "Svix-Id": VECTOR.id };
    expect(verify(upperCase)).toEqual(genuine(VECTOR.id));
  });

  it.each<[string, Headers, object, string]>([
    ["an altered body", asSvix(SIGNED), { body: "{}" }, "svix-signature is of no secret"],
    ["an id less", { ...asSvix(SIGNED), "svix-id": "" }, {}, "svix-id is missing"],
    [
      "old",
      asSvix(SIGNED),
      { nowMs: AT + WINDOW + 1 },
      "webhook-timestamp is over five minutes old",
    ],
    [
      "a mixture",
      { ...asSvix(SIGNED), "webhook-id": VECTOR.id },
      {},
      "webhook-timestamp is missing",
    ],
  ])("refuses svix- headers: %s", (_, headers, is, reason) => {
    expect(verify(headers, is)).toEqual(refused(reason));
  });

  it.each([
    ["7,500 signatures", `${"x ".repeat(7500)}${VECTOR.signature}`],
    ["7,500 signatures, the first one right", `${VECTOR.signature} ${"v1,x ".repeat(7500)}`],
    ["21 signatures", `${"v1,x ".repeat(20)}${VECTOR.signature}`],
    ["a megabyte of blanks", " ".repeat(1_000_000)],
  ])("refuses %s, after little work", (_, value) => {
    const before = process.threadCpuUsage();
    expect(verify(signatures(value))).toEqual(refused("webhook-signature has over 20 signatures"));
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(20);
  });

  it("takes 20 signatures", () => {
    expect(verify(signatures(`${"v1,x ".repeat(19)}${VECTOR.signature}`))).toEqual(
      genuine(VECTOR.id),
    );
  });

  it("takes its libraries' own example", () => {
    expect(verify(SIGNED)).toEqual(genuine(VECTOR.id));
  });

  it("takes any of several secrets, and header names in any case", () => {
    expect(verify(SIGNED, { secrets: [OTHER_SIGNING, VECTOR.secret] })).toEqual(genuine(VECTOR.id));
    const upperCase = {
      "WEBHOOK-ID": VECTOR.id,
      "Webhook-Timestamp": String(VECTOR.timestamp),
      "WeBhOoK-sIgNaTuRe": VECTOR.signature,
    };
    expect(verify(upperCase)).toEqual(genuine(VECTOR.id));
  });

  it.each([
    ["an old key first", `${standardSignature(OTHER_SIGNING, VECTOR)} ${VECTOR.signature}`],
    ["an old key last", `${VECTOR.signature} ${standardSignature(OTHER_SIGNING, VECTOR)}`],
    ["a public key", `v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw== ${VECTOR.signature}`],
    ["a version to come", `v2,${VECTOR.signature.slice(3)} ${VECTOR.signature}`],
  ])("takes one of several signatures: with %s", (_, value) => {
    expect(verify(signatures(value))).toEqual(genuine(VECTOR.id));
  });

  it.each([
    ["five minutes old", AT + WINDOW],
    ["five minutes ahead", AT - WINDOW],
  ])("takes what is %s", (_, nowMs) => {
    expect(verify(SIGNED, { nowMs })).toEqual(genuine(VECTOR.id));
  });

  it.each<[string, Headers, object]>([
    ["an altered body", SIGNED, { body: '{"test": 2432232315}' }],
    ["a body written anew", SIGNED, { body: '{"test":2432232314}' }],
    ["an altered id", { ...SIGNED, "webhook-id": `${VECTOR.id}x` }, {}],
    ["an altered time", { ...SIGNED, "webhook-timestamp": `${VECTOR.timestamp + 1}` }, {}],
    ["another secret", SIGNED, { secrets: [OTHER_SIGNING] }],
    ["no secret at all", SIGNED, { secrets: [] }],
    ["a signature without version", signatures(VECTOR.signature.slice(3)), {}],
    ["a signature of another version", signatures(`v2,${VECTOR.signature.slice(3)}`), {}],
    ["a signature cut short", signatures(VECTOR.signature.slice(0, -1)), {}],
    ["a version alone", signatures("v1,"), {}],
    ["signatures with commas between", signatures(`v1,x,${VECTOR.signature}`), {}],
    ["blanks", signatures("  "), {}],
  ])("refuses %s", (_, headers, is) => {
    expect(verify(headers, is)).toEqual(refused("webhook-signature is of no secret"));
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("refuses no %s", (name) => {
    expect(verify({ ...SIGNED, [name]: undefined })).toEqual(refused(`${name} is missing`));
    expect(verify({ ...SIGNED, [name]: "" })).toEqual(refused(`${name} is missing`));
  });

  it("refuses a header that is missing though what is there is signed", () => {
    const signature = standardSignature(VECTOR.secret, { ...VECTOR, id: "" });
    expect(verify({ ...signatures(signature), "webhook-id": "" })).toEqual(
      refused("webhook-id is missing"),
    );
  });

  it.each([
    ["older", AT + WINDOW + 1, "webhook-timestamp is over five minutes old"],
    ["newer", AT - WINDOW - 1, "webhook-timestamp is over five minutes ahead"],
  ])("refuses what is %s than five minutes, though signed", (_, nowMs, reason) => {
    expect(verify(SIGNED, { nowMs })).toEqual(refused(reason));
  });

  it.each(["now", "1614265330.5", "-1614265330", "1e9", " 1614265330", "9".repeat(20)])(
    "refuses the time %j, though signed",
    (timestamp) => {
      expect(verify(signedAt(timestamp))).toEqual(
        refused("webhook-timestamp is no time in seconds"),
      );
    },
  );
});

describe("gitlab", () => {
  const TOKEN = "a token for X-Gitlab-Token";
  const KEY = "bdf1a2c0-1b0e-4c6e-8f4c-1d2c3b4a5f60";
  const BY_TOKEN = { "X-Gitlab-Token": TOKEN, "Idempotency-Key": KEY };
  const verify = (
    headers: Headers,
    { body = VECTOR.body, secrets = [TOKEN], nowMs = AT } = {},
  ): Verdict => verifyGitlab(deliveryOf(headers, bytes(body)), secrets, nowMs);
  const signing = { secrets: [VECTOR.secret] };

  it("takes the token as it is", () => {
    expect(verify(BY_TOKEN)).toEqual(genuine(KEY));
    expect(verify(BY_TOKEN, { secrets: [OTHER, TOKEN] })).toEqual(genuine(KEY));
    expect(verify({ "x-gitlab-token": TOKEN, "webhook-id": VECTOR.id })).toEqual(
      genuine(VECTOR.id),
    );
    expect(verify({ "x-gitlab-token": TOKEN })).toEqual(genuine(null));
  });

  it("takes a signature where the secret is for signing; the id is the one that is signed", () => {
    expect(verify({ ...SIGNED, "Idempotency-Key": "forged" }, signing)).toEqual(genuine(VECTOR.id));
    expect(verify(SIGNED, { secrets: [OTHER_SIGNING, VECTOR.secret] })).toEqual(genuine(VECTOR.id));
  });

  it("takes either while a signing token takes the place of a token", () => {
    const secrets = [TOKEN, VECTOR.secret];
    expect(verify(BY_TOKEN, { secrets })).toEqual(genuine(KEY));
    expect(verify(SIGNED, { secrets })).toEqual(genuine(VECTOR.id));
    expect(verify({ ...BY_TOKEN, ...SIGNED }, { secrets })).toEqual(genuine(VECTOR.id));
    expect(verify({ ...SIGNED, "webhook-id": "x" }, { secrets })).toEqual(
      refused("webhook-signature is of no secret, and X-Gitlab-Token is missing"),
    );
  });

  const UUID = "13792a34-cac6-4fda-95a8-c58e00a3954e";
  const OLD = { "X-Gitlab-Token": TOKEN, "X-Gitlab-Event-UUID": UUID };
  const DIGEST = createHash("sha256").update(VECTOR.body).digest("hex");

  it("before 17.4 has X-Gitlab-Event-UUID, which later events of the same chain share", () => {
    expect(verify(OLD)).toEqual(genuine(`${UUID} ${DIGEST}`));
    expect(verify(OLD)).toEqual(verify({ ...OLD, "X-Gitlab-Webhook-UUID": KEY }));
    expect(verify(OLD, { body: "{}" })).not.toEqual(verify(OLD));
    expect(verify({ ...OLD, "X-Gitlab-Event-UUID": KEY })).toEqual(genuine(`${KEY} ${DIGEST}`));
    expect(verify({ ...OLD, "Idempotency-Key": KEY })).toEqual(genuine(KEY));
    expect(verify({ ...OLD, "webhook-id": VECTOR.id })).toEqual(genuine(VECTOR.id));
    expect(verify({ ...OLD, "X-Gitlab-Event-UUID": "" })).toEqual(genuine(null));
  });

  const token = (value: string): Headers => ({ ...BY_TOKEN, "X-Gitlab-Token": value });
  it.each<[string, Headers, object, string]>([
    ["another token", token(OTHER), {}, "X-Gitlab-Token is no secret"],
    ["a part of the token", token(TOKEN.slice(0, -1)), {}, "X-Gitlab-Token is no secret"],
    ["the token and more", token(`${TOKEN} `), {}, "X-Gitlab-Token is no secret"],
    ["an empty token", token(""), {}, "X-Gitlab-Token is missing"],
    ["no token", { "Idempotency-Key": KEY }, {}, "X-Gitlab-Token is missing"],
    ["a signature by a token", SIGNED, {}, "X-Gitlab-Token is missing"],
    ["a signing token as it is", token(VECTOR.secret), signing, "webhook-id is missing"],
    ["an altered body", SIGNED, { ...signing, body: "{}" }, "webhook-signature is of no secret"],
    [
      "an old signature",
      SIGNED,
      { ...signing, nowMs: AT + WINDOW + 1 },
      "webhook-timestamp is over five minutes old",
    ],
  ])("refuses %s", (_, headers, is, reason) => {
    expect(verify(headers, is)).toEqual(refused(reason));
  });
});
