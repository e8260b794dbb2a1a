import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../../shared/settings/read-settings.ts";
import { deliveryOf } from "../../../shared/webhook/delivery.ts";
import { SCHEME_RULES } from "../../../shared/webhook/schemes.ts";
import type { Sender } from "../../../shared/webhook/sender.ts";

const NOW = Date.parse("2026-11-28T09:30:00Z");
const SECONDS = NOW / 1000;
const PAGE = readFileSync("docs/webhook-senders.md", "utf8");

/** Every sender that the page shows, by name. */
const SENDERS = new Map<string, Sender>(
  [...PAGE.matchAll(/```yaml\n(senders:\n.*?)```/gs)].flatMap(([, text = ""]) => {
    const read = readSettings(text, "docs/webhook-senders.md");
    if ("problems" in read) throw new Error(JSON.stringify(read.problems));
    return [...read.senders];
  }),
);

function senderNamed(name: string): Sender {
  const sender = SENDERS.get(name);
  if (sender === undefined) throw new Error(`the page shows no sender ${name}`);
  return sender;
}

interface Sent {
  headers: Record<string, string>;
  body: string;
}
type Sending = (secret: string, body: object) => Sent;

const hex = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("hex");

/** As each build system sends it. Sources: see shared/webhook/hmac.ts. */
const AS_SENT: Record<string, { send: Sending; payload: object; event: string; id: unknown }> = {
  buildkite: {
    send: (secret, payload) => {
      const body = JSON.stringify(payload);
      const signature = hex(secret, `${SECONDS}.${body}`);
      return {
        headers: { "X-Buildkite-Signature": `timestamp=${SECONDS},signature=${signature}` },
        body,
      };
    },
    payload: { event: "build.finished", build: { state: "passed" } },
    event: "build.finished",
    id: expect.stringMatching(/^[0-9a-f]{64}$/),
  },
  circleci: {
    send: (secret, payload) => {
      const body = JSON.stringify(payload);
      return {
        headers: {
          "Circleci-Event-Type": "workflow-completed",
          "Circleci-Signature": `v1=${hex(secret, body)}`,
        },
        body,
      };
    },
    payload: { type: "workflow-completed", id: "3888f21b-eaa7-38e3-8f3d-75a63bba8895" },
    event: "workflow-completed",
    id: "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
  },
  gitea: {
    send: (secret, payload) => {
      const body = JSON.stringify(payload);
      return {
        headers: {
          "X-Gitea-Delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
          "X-Gitea-Event": "push",
          "X-Gitea-Signature": hex(secret, body),
          "X-Hub-Signature-256": `sha256=${hex(secret, body)}`,
        },
        body,
      };
    },
    payload: { ref: "refs/heads/main" },
    event: "push",
    id: "f6266f16-1bf3-46a5-9ea4-602e06ead473",
  },
  jenkins: {
    send: (secret, payload) => {
      const body = JSON.stringify(payload);
      return {
        headers: {
          "X-Signature": `sha256=${hex(secret, `${SECONDS}.${body}`)}`,
          "X-Time": String(SECONDS),
          "X-Id": "jenkins-golden-41",
        },
        body,
      };
    },
    payload: { type: "image.ready", branch: "main" },
    event: "image.ready",
    id: "jenkins-golden-41",
  },
};

function verified(sender: Sender, { headers, body }: Sent, nowMs = NOW) {
  const { verify } = SCHEME_RULES[sender.scheme];
  return verify(deliveryOf(headers, Buffer.from(body)), sender.secrets, nowMs, sender);
}

function eventIn(sender: Sender, { headers, body }: Sent): string | null {
  const payload: unknown = JSON.parse(body);
  if (typeof payload !== "object" || payload === null) throw new Error("no payload");
  return SCHEME_RULES[sender.scheme].eventOf(deliveryOf(headers, Buffer.of()), payload, sender);
}

describe.each(Object.keys(AS_SENT))("%s, as the page describes it", (name) => {
  const { send, payload, event, id } = AS_SENT[name] ?? {};
  const sender = senderNamed(name);
  const [secret = ""] = sender.secrets;
  if (send === undefined || payload === undefined) throw new Error("nothing is sent");
  const sent = send(secret, payload);

  it("is verified, with its event and its id", () => {
    expect(verified(sender, sent)).toEqual({ isGenuine: true, id });
    expect(eventIn(sender, sent)).toBe(event);
  });

  it("is refused with another body, another secret or no signature", () => {
    expect(verified(sender, { ...sent, body: `${sent.body} ` })).toMatchObject({
      isGenuine: false,
    });
    expect(verified(sender, send("another secret", payload))).toMatchObject({ isGenuine: false });
    expect(verified(sender, { headers: {}, body: sent.body })).toMatchObject({ isGenuine: false });
  });
});

it.each(["buildkite", "jenkins"])("%s is refused five minutes later, and earlier", (name) => {
  const sender = senderNamed(name);
  const { send, payload } = AS_SENT[name] ?? {};
  if (send === undefined || payload === undefined) throw new Error("nothing is sent");
  const sent = send(sender.secrets[0] ?? "", payload);
  expect(verified(sender, sent, NOW + 300_000)).toMatchObject({ isGenuine: true });
  expect(verified(sender, sent, NOW + 301_000)).toMatchObject({ isGenuine: false });
  expect(verified(sender, sent, NOW - 301_000)).toMatchObject({ isGenuine: false });
});

describe("a bearer token", () => {
  const token = "c0ffee".repeat(8);
  const sender: Sender = {
    ...senderNamed("buildbot"),
    secrets: [createHash("sha256").update(token).digest("hex")],
  };
  const body = JSON.stringify({
    complete: true,
    results: 0,
    buildid: 4711,
    builder: { name: "golden-image" },
  });

  it("is verified against its SHA-256", () => {
    const sent = { headers: { Authorization: `Bearer ${token}` }, body };
    expect(verified(sender, sent)).toEqual({ isGenuine: true, id: "4711" });
    expect(eventIn(sender, sent)).toBe("golden-image");
  });

  it.each([
    "",
    "Bearer",
    `Bearer ${token}x`,
    `Basic ${token}`,
    token,
    `Bearer ${createHash("sha256").update(token).digest("hex")}`,
  ])("is refused as %s", (authorization) => {
    expect(verified(sender, { headers: { authorization }, body })).toMatchObject({
      isGenuine: false,
    });
  });
});

describe("other ways to sign", () => {
  const base: Sender = { scheme: "hmac", secrets: ["0123456789abcdef"], header: "X-Sig" };
  it.each(["sha1", "sha256", "sha512"] as const)("%s in base64", (algorithm) => {
    const body = '{"type":"größer"}';
    const signature = createHmac(algorithm, "0123456789abcdef").update(body).digest("base64");
    const sender: Sender = { ...base, algorithm, encoding: "base64" };
    const sent = { headers: { "x-sig": signature }, body };
    expect(verified(sender, sent)).toMatchObject({ isGenuine: true });
    expect(verified(base, sent)).toMatchObject({ isGenuine: false });
  });

  it("several signatures in one header, while a secret is changed", () => {
    const signature = hex("0123456789abcdef", "{}");
    const sender: Sender = { ...base, prefix: "v1=" };
    const headers = { "x-sig": `v0=${signature}, v1=${"0".repeat(64)}, v1=${signature}` };
    expect(verified(sender, { headers, body: "{}" })).toMatchObject({ isGenuine: true });
    expect(verified(sender, { headers: { "x-sig": `v0=${signature}` }, body: "{}" })).toMatchObject(
      { isGenuine: false },
    );
  });

  it("an id that is missing where regild.yml says that there is one, is no id", () => {
    const headers = { "x-sig": hex("0123456789abcdef", "{}") };
    for (const place of [{ id_header: "X-Id" }, { id_field: "a.b" }, { id_field: "__proto__" }]) {
      expect(verified({ ...base, ...place }, { headers, body: "{}" })).toEqual({
        isGenuine: true,
        id: null,
      });
    }
  });
});

describe("regild.yml", () => {
  it.each([
    ['scheme: hmac, secrets: ["0123456789abcdef"]', "header is missing"],
    ['scheme: github, secrets: ["0123456789abcdef"], header: X-S', "is not for github"],
    ['scheme: bearer, secrets: ["0123456789abcdef"]', "is not the SHA-256 of a token"],
    ['scheme: hmac, secrets: ["0123456789abcdef"], header: "X S"', "is not the name of a header"],
    [
      'scheme: hmac, secrets: ["0123456789abcdef"], header: X-S, time_prefix: "t="',
      "needs time_header",
    ],
    [
      'scheme: hmac, secrets: ["0123456789abcdef"], header: X-S, id_field: a, id_header: X-I',
      "is beside id_header",
    ],
    ['scheme: hmac, secrets: ["0123456789abcdef"], header: X-S, algorithm: md5', "is unknown"],
  ])("with %s", (sender, problem) => {
    const read = readSettings(`senders:\n  ci: { ${sender} }\n`, "regild.yml");
    expect("problems" in read ? JSON.stringify(read.problems) : "").toContain(problem);
  });
});
