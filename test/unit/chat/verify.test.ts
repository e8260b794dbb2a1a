import { verify as verifyGithub } from "@octokit/webhooks-methods";
import { isValidSlackRequest } from "@slack/bolt";
import { verifyKey } from "discord-interactions";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { isSignedBy } from "../../../shared/chat/ed25519.ts";
import { PLATFORM } from "../../../shared/chat/platforms.ts";
import type { PlatformName } from "../../../shared/chat/workspace.ts";
import { type Delivery, deliveryOf } from "../../../shared/webhook/delivery.ts";
import type { Scheme } from "../../../shared/webhook/sender.ts";
import { SCHEME_RULES } from "../../../shared/webhook/schemes.ts";
import {
  DISCORD_PUBLIC_KEY,
  discordSignature,
  MATTERMOST_TOKEN,
  SLACK_SECRET,
  slackSignature,
  TEAMS_TOKEN,
  teamsSignature,
} from "../../chat/keys.ts";
import {
  discordRequest,
  mattermostRequest,
  type PlatformRequest,
  slackRequest,
  teamsRequest,
} from "../../chat/requests.ts";

const NOW = Date.parse("2026-11-28T09:30:00Z");
const KEY: Readonly<Record<PlatformName, string>> = {
  slack: SLACK_SECRET,
  mattermost: MATTERMOST_TOKEN,
  discord: DISCORD_PUBLIC_KEY,
  teams: TEAMS_TOKEN,
};

function verdict(
  platform: PlatformName,
  { headers, body }: PlatformRequest,
  { nowMs = NOW, key = KEY[platform] } = {},
) {
  return PLATFORM[platform].verify(deliveryOf(headers, Buffer.from(body)), [key], nowMs);
}

function verifiedBy(scheme: Scheme, delivery: Delivery, secrets: string[], nowMs: number) {
  return SCHEME_RULES[scheme].verify(delivery, secrets, nowMs, { scheme, secrets });
}

describe("the vectors that are published", () => {
  it("Slack: of its documentation", () => {
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = {
      "X-Slack-Request-Timestamp": "1531420618",
      "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    const atMs = 1531420618_000;
    expect(verdict("slack", { headers, body }, { nowMs: atMs })).toMatchObject({ isGenuine: true });
    expect(PLATFORM.slack.parse(deliveryOf(headers, Buffer.from(body)))).toMatchObject({
      workspace: "T1DC2JH3J",
      channel: "G8PSS9T3V",
      user: "U2CERLKJA",
      text: "",
      prefix: "/webhook-collect",
    });
  });

  it("Ed25519, for Discord: RFC 8032, section 7.1, test 3", () => {
    const signature =
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    expect(isSignedBy(DISCORD_PUBLIC_KEY, signature, Buffer.from("af82", "hex"))).toBe(true);
    expect(isSignedBy(DISCORD_PUBLIC_KEY, signature, Buffer.from("af83", "hex"))).toBe(false);
    expect(
      isSignedBy(DISCORD_PUBLIC_KEY, signature.toUpperCase(), Buffer.from("af82", "hex")),
    ).toBe(false);
  });

  it("GitHub: of its documentation", () => {
    const headers = {
      "X-Hub-Signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    const delivery = deliveryOf(headers, Buffer.from("Hello, World!"));
    expect(verifiedBy("github", delivery, ["It's a Secret to Everybody"], NOW)).toMatchObject({
      isGenuine: true,
    });
  });

  it("Standard Webhooks: of its specification", () => {
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const delivery = deliveryOf(headers, Buffer.from('{"test": 2432232314}'));
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(verifiedBy("standard_webhooks", delivery, [secret], 1614265330_000)).toMatchObject({
      isGenuine: true,
    });
  });
});

describe("the senders' own libraries agree", () => {
  it("@slack/bolt accepts what Regild does, and refuses what it does not", () => {
    const { headers, body } = slackRequest({ text: "status größer", id: "1", nowMs: NOW });
    const isValid = (text: string, nowMilliseconds = NOW) =>
      isValidSlackRequest({
        signingSecret: SLACK_SECRET,
        body: text,
        headers: {
          "x-slack-signature": headers["x-slack-signature"] ?? "",
          "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
        },
        nowMilliseconds,
      });
    const isGenuine = (text: string, nowMs = NOW) =>
      verdict("slack", { headers, body: text }, { nowMs }).isGenuine;
    for (const check of [isValid, isGenuine]) {
      expect(check(body)).toBe(true);
      expect(check(`${body} `)).toBe(false);
      expect(check(body, NOW + 301_000)).toBe(false);
    }
  });

  it("discord-interactions verifies what Regild does, and refuses what it does not", async () => {
    const { headers, body } = discordRequest({ text: "status", id: "1", nowMs: NOW });
    const signature = headers["x-signature-ed25519"] ?? "";
    const time = headers["x-signature-timestamp"] ?? "";
    expect(await verifyKey(body, signature, time, DISCORD_PUBLIC_KEY)).toBe(true);
    expect(await verifyKey(`${body} `, signature, time, DISCORD_PUBLIC_KEY)).toBe(false);
    expect(verdict("discord", { headers, body })).toMatchObject({ isGenuine: true });
    expect(verdict("discord", { headers, body: `${body} ` })).toMatchObject({ isGenuine: false });
  });

  it("@octokit/webhooks-methods signs and verifies alike", async () => {
    const { sign } = await import("@octokit/webhooks-methods");
    const secret = "It's a Secret to Everybody";
    const body = '{"zen":"größer"}';
    const signature = await sign(secret, body);
    expect(await verifyGithub(secret, body, signature)).toBe(true);
    const delivery = deliveryOf({ "x-hub-signature-256": signature }, Buffer.from(body));
    expect(verifiedBy("github", delivery, [secret], NOW)).toMatchObject({ isGenuine: true });
  });

  it("standardwebhooks signs alike", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const body = '{"name":"größer"}';
    const at = new Date(NOW);
    const signature = new Webhook(secret).sign("msg_1", at, body);
    const headers = {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(NOW / 1000),
      "webhook-signature": signature,
    };
    const delivery = deliveryOf(headers, Buffer.from(body));
    expect(verifiedBy("standard_webhooks", delivery, [secret], NOW)).toEqual({
      isGenuine: true,
      id: "msg_1",
    });
  });
});

const REQUESTS: Record<PlatformName, (nowMs: number) => PlatformRequest> = {
  slack: (nowMs) => slackRequest({ text: "status", id: "1", nowMs }),
  mattermost: (nowMs) => mattermostRequest({ text: "status", id: "1", nowMs }),
  discord: (nowMs) => discordRequest({ text: "status", id: "1", nowMs }),
  teams: (nowMs) => teamsRequest({ text: "status", id: "1", nowMs }),
};
const SIGNED = ["slack", "discord", "teams"] as const;

describe("a time", () => {
  it.each(SIGNED)("of %s five minutes off is good, and a second more is not", (platform) => {
    const request = REQUESTS[platform](NOW);
    for (const offMs of [-300_000, 300_000]) {
      expect(verdict(platform, request, { nowMs: NOW + offMs })).toMatchObject({ isGenuine: true });
    }
    expect(verdict(platform, request, { nowMs: NOW + 301_000 })).toEqual({
      isGenuine: false,
      reason: "the request is over five minutes old",
    });
    expect(verdict(platform, request, { nowMs: NOW - 301_000 })).toEqual({
      isGenuine: false,
      reason: "the request's time is over five minutes ahead",
    });
  });

  it.each([
    [
      "slack",
      "x-slack-request-timestamp",
      (time: string) => slackSignature(SLACK_SECRET, Number(time), ""),
    ],
    ["discord", "x-signature-timestamp", (time: string) => discordSignature(Number(time), "")],
  ] as const)("of %s that is no plain number of seconds is refused", (platform, name, sign) => {
    const signature = platform === "slack" ? "x-slack-signature" : "x-signature-ed25519";
    for (const time of ["NaN", "Infinity", "-1", "1e3"]) {
      const headers = { [name]: String(Number(time)), [signature]: sign(time) };
      expect(verdict(platform, { headers, body: "" })).toMatchObject({ isGenuine: false });
    }
  });

  it("of Teams stands in the signed body", () => {
    const body = JSON.stringify({ text: "status" });
    const headers = { authorization: teamsSignature(TEAMS_TOKEN, body) };
    expect(verdict("teams", { headers, body })).toEqual({
      isGenuine: false,
      reason: "the request has no time",
    });
  });
});

it("Mattermost's Authorization header proves nothing: an outgoing OAuth connection replaces it", () => {
  const { headers, body } = mattermostRequest({ text: "status", id: "1", nowMs: NOW });
  const oauth = { ...headers, authorization: "Bearer of-somebody-else" };
  expect(verdict("mattermost", { headers: oauth, body })).toMatchObject({ isGenuine: true });
  const withoutToken = body.replace(/token=[^&]+&/, "");
  expect(verdict("mattermost", { headers, body: withoutToken })).toMatchObject({
    isGenuine: false,
  });
});
