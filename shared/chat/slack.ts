import * as z from "zod/mini";
import { type Delivery, headerOf, refused, type Verdict } from "../webhook/delivery.ts";
import { hmacSha256, isAmong } from "../webhook/digest.ts";
import { neutral } from "./neutral.ts";
import { type ChatCommand, confirmLine, jsonReply, type Platform, type Reply } from "./platform.ts";
import { formOf, jsonIn, withoutEntities } from "./reading.ts";
import { slashCommandOf } from "./slash-command.ts";
import { secondsToMs, timeProblem } from "./time-window.ts";

/** Slack refuses longer text in a section and a header (Block Kit reference, Section and Header blocks). */
const LONGEST_SECTION = 3000;
const LONGEST_TITLE = 150;
/** Of a button's text (Block Kit reference, Button element). */
const LONGEST_LABEL = 75;
/** Of the first button; the next one has `regild-2`, because each id of a block is unique. */
const ACTION_ID = "regild";
const ACTION_IDS = /^regild(-\d)?$/;

/**
 * Slack. Source: docs.slack.dev, Verifying requests from Slack; Slash commands; Block Kit; block_actions payload;
 * Handling user interaction. A press comes as form field `payload`, signed as a command is. Slack shows the body of the
 * answer to a command, but not of the answer to a press: that one goes to `response_url`.
 * The answer stands in `plain_text` objects, in which Slack reads neither markup nor mentions; `text`, which only
 * notifications show, is escaped.
 */
export const slack: Platform = {
  verify(request: Delivery, keys: readonly string[], nowMs: number): Verdict {
    const time = headerOf(request, "x-slack-request-timestamp") ?? "";
    const expected = keys.map((key) => `v0=${hmacSha256("hex", key, `v0:${time}:`, request.body)}`);
    const signature = headerOf(request, "x-slack-signature");
    const isSigned = isAmong(signature ?? "", expected);
    if (signature === null) return refused("X-Slack-Signature is missing");
    if (!isSigned) return refused("X-Slack-Signature is of no secret");
    return timeProblem(secondsToMs(time), nowMs) ?? { isGenuine: true, id: null };
  },

  parse(request) {
    const form = formOf(request);
    if (form.get("ssl_check") === "1") return { kind: "ping" };
    if (form.has("payload")) return pressedIn(form.get("payload") ?? "");
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

  /** The answer takes the place of the question. A message to the channel is a new one, and the question goes. */
  answersToPress(reply: Reply, { prefix, pressed }: ChatCommand) {
    const content = slackContent(reply, prefix);
    const isQuestion = pressed?.isOnlyToUser ?? false;
    const documents =
      reply.seenBy === "user"
        ? [{ response_type: "ephemeral", replace_original: isQuestion, ...content }]
        : [
            { response_type: "in_channel", replace_original: false, ...content },
            ...(isQuestion ? [{ delete_original: true }] : []),
          ];
    return documents.map((document) => JSON.stringify(document));
  },
};

const pressSchema = z.object({
  type: z.literal("block_actions"),
  trigger_id: z.string(),
  response_url: z.optional(z.string()),
  team: z.object({ id: z.string(), enterprise_id: z.optional(z.nullable(z.string())) }),
  user: z.object({
    id: z.string(),
    username: z.optional(z.string()),
    team_id: z.optional(z.string()),
  }),
  channel: z.object({ id: z.string() }),
  container: z.object({ is_ephemeral: z.optional(z.boolean()) }),
  actions: z.tuple([
    z.object({ action_id: z.string().check(z.regex(ACTION_IDS)), value: z.string() }),
  ]),
});

/** @returns null: it is no press of a button of Regild. */
function pressedIn(payload: string): ChatCommand | null {
  const press = jsonIn(payload, pressSchema);
  if (press === null) return null;
  const [{ value }] = press.actions;
  const [prefix = "", ...words] = value.split(" ");
  return {
    kind: "command",
    id: press.trigger_id,
    workspace: homeOf(press),
    channel: press.channel.id,
    user: press.user.id,
    userName: press.user.username ?? "",
    roles: [],
    text: words.join(" "),
    prefix,
    pressed: { isOnlyToUser: press.container.is_ephemeral ?? false },
    replyTo: press.response_url ?? null,
  };
}

/**
 * The workspace that the user is of. In a channel of Slack Connect, people of other workspaces may press a button too: no
 * rule of this workspace speaks of them, so they are refused as a request from their own workspace is. In an organisation
 * (Enterprise Grid), `user.team_id` may be the organisation's id, which begins with E; it counts if it is that of the team.
 * Source: docs.slack.dev, block_actions payload; Understanding Slack Connect.
 */
function homeOf({ team, user }: z.infer<typeof pressSchema>): string {
  const { team_id: home = team.id } = user;
  return home === team.enterprise_id ? team.id : home;
}

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
      ...buttons(reply, prefix),
    ],
  };
}

function buttons({ confirm, offers = [] }: Reply, prefix: string) {
  const shown = [
    ...(confirm === null
      ? []
      : [{ label: confirm.label, value: `${prefix} confirm ${confirm.word}`, style: "danger" }]),
    ...offers.map(({ label, text }) => ({ label, value: `${prefix} ${text}` })),
  ];
  if (shown.length === 0) return [];
  const elements = shown.map(({ label, ...rest }, at) => ({
    type: "button",
    action_id: at === 0 ? ACTION_ID : `${ACTION_ID}-${at + 1}`,
    text: plainText(label, LONGEST_LABEL),
    ...rest,
  }));
  return [{ type: "actions", elements }];
}

function plainText(text: string, longest: number) {
  const shown = text.length > longest ? `${text.slice(0, longest - 1).toWellFormed()}…` : text;
  return { type: "plain_text", text: shown, emoji: false };
}

/** Source: docs.slack.dev, Formatting message text, Escaping text. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
