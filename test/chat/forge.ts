import { createHmac } from "node:crypto";
import { PLATFORM } from "../../shared/chat/platforms.ts";
import { deliveryOf, type Delivery, type Verdict } from "../../shared/webhook/delivery.ts";
import { sha256 } from "../../shared/webhook/digest.ts";
import { SCHEME_RULES } from "../../shared/webhook/schemes.ts";
import type { Sender } from "../../shared/webhook/sender.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import { githubSignature, standardSignature } from "../unit/webhook/sign.ts";
import { DISCORD_PUBLIC_KEY, MATTERMOST_TOKEN, SLACK_SECRET, TEAMS_TOKEN } from "./keys.ts";
import { discordRequest, mattermostRequest, slackRequest, teamsRequest } from "./requests.ts";

const NOW = Date.parse("2026-11-28T09:30:00Z");
const WINDOW_MS = 5 * 60_000;
const WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN = "a token for X-Gitlab-Token";
const WRITTEN = {
  text: "refresh web",
  id: "13345224609.738474920.8088930838d88f008e0",
  nowMs: NOW,
};

/** As a sender of regild.yml. */
function bySender(sender: Sender): Scheme["verify"] {
  const { verify } = SCHEME_RULES[sender.scheme];
  return (delivery, keys, nowMs) => verify(delivery, keys, nowMs, sender);
}

interface Genuine {
  headers: Record<string, string>;
  body: string;
  key: string;
}

interface Scheme {
  name: string;
  genuine: Genuine;
  /** What the scheme protects; of the rest it proves nothing. */
  protects: Array<"body" | "time" | "key" | "token" | `header ${string}`>;
  verify: (delivery: Delivery, keys: readonly string[], nowMs: number) => Verdict;
}

const standardBody = '{"type":"image.ready","data":{"server":"7c1e2f60"}}';
const standardHeaders = {
  "webhook-id": "msg_1",
  "webhook-timestamp": String(NOW / 1000),
  "webhook-signature": standardSignature(WHSEC, {
    id: "msg_1",
    timestamp: NOW / 1000,
    body: standardBody,
  }),
};
const standardProtects: Scheme["protects"] = [
  "body",
  "time",
  "key",
  "header webhook-id",
  "header webhook-timestamp",
  "header webhook-signature",
];

const BUILDKITE: Sender = {
  scheme: "hmac",
  secrets: [],
  header: "X-Buildkite-Signature",
  prefix: "signature=",
  time_header: "X-Buildkite-Signature",
  time_prefix: "timestamp=",
};
const buildkite = createHmac("sha256", SLACK_SECRET)
  .update(`${NOW / 1000}.${standardBody}`)
  .digest("hex");

export const FORGED_SCHEMES: Scheme[] = [
  {
    name: "slack",
    genuine: { ...slackRequest(WRITTEN), key: SLACK_SECRET },
    protects: [
      "body",
      "time",
      "key",
      "header x-slack-signature",
      "header x-slack-request-timestamp",
    ],
    verify: PLATFORM.slack.verify,
  },
  {
    name: "mattermost",
    // The token alone proves the sender, so the body that is changed is the token.
    genuine: {
      ...mattermostRequest(WRITTEN),
      body: `token=${MATTERMOST_TOKEN}`,
      key: MATTERMOST_TOKEN,
    },
    protects: ["body", "key"],
    verify: PLATFORM.mattermost.verify,
  },
  {
    name: "discord",
    genuine: { ...discordRequest(WRITTEN), key: DISCORD_PUBLIC_KEY },
    protects: ["body", "time", "header x-signature-ed25519", "header x-signature-timestamp"],
    verify: PLATFORM.discord.verify,
  },
  {
    name: "teams",
    genuine: { ...teamsRequest(WRITTEN), key: TEAMS_TOKEN },
    protects: ["body", "time", "key", "header authorization"],
    verify: PLATFORM.teams.verify,
  },
  {
    name: "github",
    genuine: {
      headers: { "x-hub-signature-256": githubSignature(SLACK_SECRET, "{}") },
      body: "{}",
      key: SLACK_SECRET,
    },
    protects: ["body", "key", "header x-hub-signature-256"],
    verify: bySender({ scheme: "github", secrets: [] }),
  },
  {
    name: "gitlab token",
    genuine: { headers: { "x-gitlab-token": TOKEN }, body: "{}", key: TOKEN },
    protects: ["key", "header x-gitlab-token"],
    verify: bySender({ scheme: "gitlab", secrets: [] }),
  },
  {
    name: "gitlab signed",
    genuine: { headers: standardHeaders, body: standardBody, key: WHSEC },
    protects: standardProtects,
    verify: bySender({ scheme: "gitlab", secrets: [] }),
  },
  {
    name: "standard_webhooks",
    genuine: { headers: standardHeaders, body: standardBody, key: WHSEC },
    protects: standardProtects,
    verify: bySender({ scheme: "standard_webhooks", secrets: [] }),
  },
  {
    name: "hmac with a time",
    genuine: {
      headers: { "x-buildkite-signature": `timestamp=${NOW / 1000},signature=${buildkite}` },
      body: standardBody,
      key: SLACK_SECRET,
    },
    protects: ["body", "time", "key", "header x-buildkite-signature"],
    verify: bySender(BUILDKITE),
  },
  {
    name: "bearer",
    genuine: {
      headers: { authorization: `Bearer ${SLACK_SECRET}` },
      body: "{}",
      key: sha256(SLACK_SECRET).toString("hex"),
    },
    protects: ["key"],
    verify: bySender({ scheme: "bearer", secrets: [] }),
  },
  {
    name: "bearer, the token",
    genuine: {
      headers: { authorization: `bearer ${SLACK_SECRET}` },
      body: "{}",
      key: sha256(SLACK_SECRET).toString("hex"),
    },
    protects: ["token"],
    verify: bySender({ scheme: "bearer", secrets: [] }),
  },
];

/**
 * Changes one bit or one byte of a genuine request's body, header, time or key, again and again.
 * @returns those that were accepted, in words; and how many were tried.
 */
export function forge(count: number, seed: number): { accepted: string[]; tried: number } {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const accepted: string[] = [];
  let tried = 0;
  const changed = (bytes: Uint8Array): Buffer => {
    const copy = Buffer.from(bytes);
    const at = below(copy.length);
    const before = copy[at] ?? 0;
    const after = random() < 0.5 ? before ^ (1 << below(8)) : (before + 1 + below(255)) & 0xff;
    copy[at] = after;
    return copy;
  };
  // A header holds visible ASCII; another byte would not arrive.
  const changedText = (text: string): string => {
    for (;;) {
      const copy = changed(Buffer.from(text, "latin1")).toString("latin1");
      if (/^[\x20-\x7e]*$/.test(copy)) return copy;
    }
  };
  while (tried < count) {
    for (const { name, genuine, protects, verify } of FORGED_SCHEMES) {
      const what = protects[below(protects.length)] ?? "body";
      const headers = { ...genuine.headers };
      let body: Uint8Array = Buffer.from(genuine.body);
      let { key } = genuine;
      let nowMs = NOW;
      if (what === "body") body = changed(body);
      else if (what === "key") key = otherKey(key, changedText);
      else if (what === "token") headers["authorization"] = `bearer ${changedText(SLACK_SECRET)}`;
      else if (what === "time") {
        nowMs += (random() < 0.5 ? 1 : -1) * (WINDOW_MS + 1000 + below(1e9));
      } else {
        const header = what.slice("header ".length);
        headers[header] = changedText(headers[header] ?? "");
      }
      tried += 1;
      if (verify(deliveryOf(headers, body), [key], nowMs).isGenuine) {
        accepted.push(
          `${name}, ${what}: ${JSON.stringify({ headers, key, body: body.toString() })}`,
        );
      }
    }
  }
  return { accepted, tried };
}

/** Of base64, a changed last digit or padding may stand for the same bytes; and HMAC pads every key with zero bytes. */
function otherKey(key: string, changedText: (text: string) => string): string {
  for (;;) {
    const other = changedText(key);
    const bytes = (text: string) =>
      Buffer.from(text.startsWith("whsec_") ? text.slice(6) : text, "base64")
        .toString("hex")
        .replace(/(00)+$/, "");
    if (key.startsWith("whsec_") && !other.startsWith("whsec_")) continue;
    if (bytes(other) !== bytes(key)) return other;
  }
}
