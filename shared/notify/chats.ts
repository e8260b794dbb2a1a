import { discordContent } from "../chat/discord.ts";
import { escapedMarkdown, neutral } from "../chat/neutral.ts";
import { mattermostText } from "../chat/mattermost.ts";
import type { Reply } from "../chat/platform.ts";
import { JSON_HEADERS, textField } from "../chat/report/way.ts";
import { slackContent } from "../chat/slack.ts";
import type { HttpFailure, HttpResponse } from "../ports.ts";
import type { Said } from "./phrases.ts";
import type { Kind, Target } from "./target.ts";

interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** No button and no command stands in a notification, so no prefix is shown. */
const NO_PREFIX = "";
/** Of a nonce (Discord API reference, Create message). */
const LONGEST_NONCE = 25;

/**
 * The message as each chat takes it, by an incoming webhook or by a bot.
 * Sources: docs.slack.dev, Sending messages using incoming webhooks, and chat.postMessage; developers.mattermost.com,
 * Incoming webhooks, and API reference (posts); docs.discord.com, Execute webhook, and Create message; learn.microsoft.com,
 * Create incoming webhooks with Workflows.
 * @returns null: the target has no address.
 */
export function chatPost(target: Target, said: Said, id: string): Post | null {
  const { kind, url, bot_token: token, channel } = target;
  const reply: Reply = { ...said, confirm: null, seenBy: "channel" };
  switch (kind) {
    case "slack": {
      const content = slackContent(reply, NO_PREFIX);
      if (token === undefined) return url === undefined ? null : post(url, content);
      return post(
        "https://slack.com/api/chat.postMessage",
        { channel, ...content },
        `Bearer ${token}`,
      );
    }
    case "mattermost": {
      const text = mattermostText(reply, NO_PREFIX);
      if (url === undefined) return null;
      // An incoming webhook reads Slack's syntax for links and mentions unless it is told not to.
      if (token === undefined) return post(url, { text, skip_slack_parsing: true });
      const posts = `${url.replace(/\/$/, "")}/api/v4/posts`;
      return post(posts, { channel_id: channel, message: text }, `Bearer ${token}`);
    }
    case "discord": {
      const content = discordContent(reply);
      if (token === undefined) return url === undefined ? null : post(url, content);
      // A repetition within a few minutes makes no second message.
      const nonce = id.slice(-LONGEST_NONCE);
      const messages = `https://discord.com/api/v10/channels/${channel ?? ""}/messages`;
      return post(messages, { ...content, nonce, enforce_nonce: true }, `Bot ${token}`);
    }
    case "teams":
      return url === undefined ? null : post(url, teamsContent(reply));
    case "webhook":
    case "email":
      return null;
  }
}

function post(url: string, document: object, authorization?: string): Post {
  const headers = authorization === undefined ? JSON_HEADERS : { ...JSON_HEADERS, authorization };
  return { url, headers, body: JSON.stringify(document) };
}

/** A workflow posts the card. TextBlock reads a subset of Markdown, and a mention takes an entity, which there is none of. */
function teamsContent({ title, lines }: Reply): object {
  const block = (text: string, is: object = {}) => ({ type: "TextBlock", text, wrap: true, ...is });
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          fallbackText: neutral(title),
          body: [
            block(escapedMarkdown(title), { weight: "Bolder", size: "Medium" }),
            ...lines.map((line) => block(escapedMarkdown(line), { spacing: "Small" })),
          ],
        },
      },
    ],
  };
}

/** What is wrong with the message itself, or an address that is gone, is so at every repetition. */
const FINAL_STATUSES = [400, 410, 413];
/** Slack's own words for it (docs.slack.dev, chat.postMessage, errors). */
const FINAL_ERRORS = /^(msg_too_long|no_text|invalid_blocks|invalid_blocks_format|is_archived)$/;

/** @returns null: the chat took it. */
export function chatRefusal(kind: Kind, answer: HttpResponse | HttpFailure) {
  if (answer.kind === "failure") return { reason: answer.reason, isForGood: false };
  const { status, text } = answer;
  if (status < 200 || status >= 300)
    return { reason: `${kind} answered ${status}`, isForGood: FINAL_STATUSES.includes(status) };
  // Slack's API answers 200 with "ok": false; its webhooks answer "ok".
  const isRefused = kind === "slack" && /"ok"\s*:\s*false/.test(text);
  if (!isRefused) return null;
  const error = textField(text, "error") ?? "no reason";
  return { reason: `slack answered ${error}`, isForGood: FINAL_ERRORS.test(error) };
}
