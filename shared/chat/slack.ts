import { type Delivery, headerOf, refused, type Verdict } from "../webhook/delivery.ts";
import { hmacSha256, isAmong } from "../webhook/digest.ts";
import { neutral } from "./neutral.ts";
import { type ChatCommand, confirmLine, jsonReply, type Platform, type Reply } from "./platform.ts";
import { formOf, withoutEntities } from "./reading.ts";
import { slashCommandOf } from "./slash-command.ts";
import { secondsToMs, timeProblem } from "./time-window.ts";

/** Slack refuses longer text in a section and a header (Block Kit reference, Section and Header blocks). */
const LONGEST_SECTION = 3000;
const LONGEST_TITLE = 150;

/**
 * Slack. Source: docs.slack.dev, Verifying requests from Slack; Slash commands; Block Kit.
 * The answer stands in `plain_text` objects, in which Slack reads neither markup nor mentions; `text`, which only
 * notifications show, is escaped.
 */
export const slack: Platform = {
  verify(request: Delivery, keys: readonly string[], nowMs: number): Verdict {
    const time = headerOf(request, "x-slack-request-timestamp") ?? "";
    const expected = keys.map(
      (key) => `v0=${hmacSha256(key, `v0:${time}:`, request.body).toString("hex")}`,
    );
    const signature = headerOf(request, "x-slack-signature");
    const isSigned = isAmong(signature ?? "", expected);
    if (signature === null) return refused("X-Slack-Signature is missing");
    if (!isSigned) return refused("X-Slack-Signature is of no secret");
    return timeProblem(secondsToMs(time), nowMs) ?? { isGenuine: true, id: null };
  },

  parse(request) {
    const form = formOf(request);
    if (form.get("ssl_check") === "1") return { kind: "ping" };
    const command = slashCommandOf(form);
    return command === null ? null : { ...command, text: withoutEntities(command.text) };
  },

  pong: () => jsonReply({}),

  render(reply: Reply, { prefix }: ChatCommand) {
    return jsonReply({
      response_type: reply.seenBy === "channel" ? "in_channel" : "ephemeral",
      ...slackContent(reply, prefix),
    });
  },
};

/** A message's `text` and `blocks`. */
export function slackContent(reply: Reply, prefix: string) {
  const lines = [...reply.lines];
  if (reply.confirm !== null) lines.push(confirmLine(reply.confirm, prefix));
  const title = neutral(reply.title);
  return {
    text: escaped(title),
    blocks: [
      { type: "header", text: plainText(title, LONGEST_TITLE) },
      ...(lines.length === 0
        ? []
        : [{ type: "section", text: plainText(lines.map(neutral).join("\n"), LONGEST_SECTION) }]),
    ],
  };
}

function plainText(text: string, longest: number) {
  const shown = text.length > longest ? `${text.slice(0, longest - 1).toWellFormed()}…` : text;
  return { type: "plain_text", text: shown, emoji: false };
}

/** Source: docs.slack.dev, Formatting message text, Escaping text. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
