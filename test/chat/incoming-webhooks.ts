import * as z from "zod/mini";
import type { Target } from "../../shared/notify/target.ts";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";

export const CHATS = ["slack", "mattermost", "discord", "teams"] as const;
export type Chat = (typeof CHATS)[number];

const ADDRESS: Readonly<Record<Chat, string>> = {
  slack: "https://hooks.slack.com/services/T1/B1/x",
  mattermost: "https://chat.example.com/hooks/x",
  discord: "https://discord.com/api/webhooks/1/x",
  teams: "https://flow.example.com/workflows/x",
};

export function targetOf(chat: Chat, is: Partial<Target> = {}): Target {
  return { kind: chat, url: ADDRESS[chat], ...is };
}

const plainText = (longest: number) =>
  z.looseObject({
    type: z.literal("plain_text"),
    text: z.string().check(z.minLength(1), z.maxLength(longest)),
  });
const slackBody = z.strictObject({
  text: z.string().check(z.minLength(1)),
  blocks: z.array(
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("header"), text: plainText(150) }),
      z.strictObject({ type: z.literal("section"), text: plainText(3000) }),
    ]),
  ),
});
const mattermostBody = z.looseObject({
  text: z.string().check(z.minLength(1), z.maxLength(16_383)),
});
const discordBody = z.strictObject({
  content: z.string().check(z.minLength(1), z.maxLength(2000)),
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
});
const teamsBody = z.strictObject({
  type: z.literal("message"),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal("application/vnd.microsoft.card.adaptive"),
      content: z.looseObject({
        type: z.literal("AdaptiveCard"),
        body: z.array(z.looseObject({ type: z.literal("TextBlock"), text: z.string() })),
      }),
    }),
  ]),
});
/** Of a message by a workflow, about 28 KB (learn.microsoft.com, Limits and specifications for Microsoft Teams). */
const TEAMS_BYTES = 28 * 1024;

/** @returns what the channel shows. @throws Error: the platform refuses the body. */
const SHOWN: Readonly<Record<Chat, (document: unknown) => string>> = {
  slack: (document) =>
    slackBody
      .parse(document)
      .blocks.map(({ text }) => text.text)
      .join("\n"),
  mattermost: (document) => mattermostBody.parse(document).text,
  discord: (document) => discordBody.parse(document).content,
  teams: (document) =>
    teamsBody
      .parse(document)
      .attachments[0].content.body.map(({ text }) => text)
      .join("\n"),
};
const ANSWER: Readonly<Record<Chat, [number, string]>> = {
  slack: [200, "ok"],
  mattermost: [200, "ok"],
  discord: [204, ""],
  teams: [202, ""],
};

/**
 * The channels of four platforms, which take messages at the address of an incoming webhook, each by its rules for the body.
 * Sources: docs.slack.dev, Sending messages using incoming webhooks; developers.mattermost.com, Incoming webhooks;
 * docs.discord.com, Execute webhook; learn.microsoft.com, Create incoming webhooks with Workflows.
 */
export class IncomingWebhooks {
  readonly shown: Record<Chat, string[]> = { slack: [], mattermost: [], discord: [], teams: [] };
  /** Answers 503 to everything. */
  readonly down = new Set<Chat>();

  take({ method, url, headers, body = "" }: HttpRequest): HttpResponse {
    const chat = CHATS.find((each) => ADDRESS[each] === url);
    const isJson = headers["content-type"]?.startsWith("application/json") ?? false;
    if (chat === undefined || method !== "POST" || !isJson) return answer(404, "");
    if (this.down.has(chat)) return answer(503, "");
    if (chat === "teams" && Buffer.byteLength(body) > TEAMS_BYTES) return answer(413, "");
    try {
      this.shown[chat].push(SHOWN[chat](JSON.parse(body)));
    } catch {
      return answer(400, "invalid_payload");
    }
    return answer(...ANSWER[chat]);
  }
}

function answer(status: number, text: string): HttpResponse {
  return { kind: "response", status, headers: {}, text };
}
