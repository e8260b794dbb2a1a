import { discordContent } from "../discord.ts";
import { mattermostText, offeredAt } from "../mattermost.ts";
import { slackContent } from "../slack.ts";
import type { PlatformName } from "../workspace.ts";
import {
  ADDRESS_MESSAGES,
  ADDRESS_MS,
  isAt,
  JSON_HEADERS,
  textField,
  type Way,
  type WayAsked,
  type WayOf,
} from "./way.ts";

const SLACK = "https://slack.com";
const SLACK_ADDRESSES = "https://hooks.slack.com";
const DISCORD = "https://discord.com";
/** The token of an interaction is good for 15 minutes; the last one is for the end of the run. */
const INTERACTION_MS = 14 * 60_000;

/** An edit leaves what it does not name: docs.discord.com, Edit message. */
const NO_BUTTON = { components: [] };

const taken = (): string | null => null;

/**
 * With a bot token one message is made and then edited; without one, the address of the command takes five new messages.
 * Sources: docs.slack.dev, chat.postMessage, chat.update, Handling user interaction (response_url);
 * developers.mattermost.com, Slash commands (Delayed and multiple responses), API reference (posts);
 * docs.discord.com, Receiving and Responding to Interactions (Followup messages).
 */
export const WAY_OF: Readonly<Record<PlatformName, WayOf>> = {
  slack: (asked) => {
    const { report, workspace } = asked;
    const { bot_token: token } = workspace;
    if (token === undefined) {
      return atAddress(asked, [SLACK_ADDRESSES], (reply) => ({
        response_type: "in_channel",
        replace_original: false,
        ...slackContent(reply, report.prefix),
      }));
    }
    const { channel, messageId } = report;
    const method = messageId === null ? "chat.postMessage" : "chat.update";
    const where = messageId === null ? { channel } : { channel, ts: messageId };
    return editing({
      request: (reply) => ({
        method: "POST",
        url: `${SLACK}/api/${method}`,
        headers: { ...JSON_HEADERS, authorization: `Bearer ${token}` },
        body: JSON.stringify({ ...where, ...slackContent(reply, report.prefix) }),
      }),
      // Slack answers 200 with "ok": false.
      refusalIn: (text) =>
        /"ok"\s*:\s*true/.test(text) ? null : (textField(text, "error") ?? "no answer of Slack"),
      messageIdIn: (text) => textField(text, "ts"),
    });
  },

  mattermost: (asked) => {
    const { report, workspace, nowMs } = asked;
    const { bot_token: token, url } = workspace;
    if (url === undefined) return null;
    const { origin } = new URL(url);
    if (token === undefined) {
      return atAddress(asked, [origin], (reply) => ({
        response_type: "in_channel",
        skip_slack_parsing: true,
        text: mattermostText(reply, report.prefix),
      }));
    }
    const { channel, messageId } = report;
    const posts = `${url.replace(/\/$/, "")}/api/v4/posts`;
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${token}` };
    return editing({
      request: (reply) => {
        const message = mattermostText(reply, report.prefix);
        // Always named: an edit leaves the attachments that it does not name.
        const props = { attachments: [], ...offeredAt(reply, report, { workspace, nowMs }) };
        return messageId === null
          ? {
              method: "POST",
              url: posts,
              headers,
              body: JSON.stringify({ channel_id: channel, message, props }),
            }
          : {
              method: "PUT",
              url: `${posts}/${messageId}/patch`,
              headers,
              body: JSON.stringify({ message, props }),
            };
      },
      messageIdIn: (text) => textField(text, "id"),
    });
  },

  discord: (asked) => {
    const { report, workspace, address, nowMs } = asked;
    const { bot_token: token } = workspace;
    const untilMs = report.askedAtMs + INTERACTION_MS;
    const { channel, messageId } = report;
    if (address !== null && messageId === null && (nowMs < untilMs || token === undefined)) {
      if (nowMs >= untilMs) return null;
      const url = `${DISCORD}/api/v10/webhooks/${address}/messages/@original`;
      return {
        ...editing({
          request: (reply) => ({
            method: "PATCH",
            url,
            headers: JSON_HEADERS,
            body: JSON.stringify({ ...NO_BUTTON, ...discordContent(reply) }),
          }),
          messageIdIn: () => null,
        }),
        untilMs: token === undefined ? untilMs : null,
      };
    }
    if (token === undefined) return null;
    const messages = `${DISCORD}/api/v10/channels/${channel}/messages`;
    return editing({
      request: (reply) => ({
        method: messageId === null ? "POST" : "PATCH",
        url: messageId === null ? messages : `${messages}/${messageId}`,
        headers: { ...JSON_HEADERS, authorization: `Bot ${token}` },
        body: JSON.stringify({ ...NO_BUTTON, ...discordContent(reply) }),
      }),
      messageIdIn: (text) => textField(text, "id"),
    });
  },

  teams: () => null,
};

/** Hosts that each platform's messages go to, and no others. */
export function originsOf(platform: PlatformName, url: string | undefined): string[] {
  if (platform === "slack") return [SLACK, SLACK_ADDRESSES];
  if (platform === "discord") return [DISCORD];
  return url === undefined ? [] : [new URL(url).origin];
}

function editing(way: Pick<Way, "request" | "messageIdIn"> & Partial<Way>): Way {
  return { edits: true, left: Number.POSITIVE_INFINITY, untilMs: null, refusalIn: taken, ...way };
}

function atAddress(
  { address, report, nowMs }: WayAsked,
  origins: readonly string[],
  documentOf: (reply: Parameters<Way["request"]>[0]) => object,
): Way | null {
  const untilMs = report.askedAtMs + ADDRESS_MS;
  const left = ADDRESS_MESSAGES - report.posts;
  if (address === null || !isAt(address, origins) || nowMs >= untilMs || left <= 0) return null;
  return {
    edits: false,
    left,
    untilMs,
    request: (reply) => ({
      method: "POST",
      url: address,
      headers: JSON_HEADERS,
      body: JSON.stringify(documentOf(reply)),
    }),
    refusalIn: taken,
    messageIdIn: () => null,
  };
}
