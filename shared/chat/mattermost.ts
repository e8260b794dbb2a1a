import * as z from "zod/mini";
import { refused, type Verdict } from "../webhook/delivery.ts";
import { isSecretAmong } from "../webhook/digest.ts";
import { GOOD_FOR_MS } from "./confirmation.ts";
import { escapedMarkdown } from "./neutral.ts";
import {
  type ChatCommand,
  confirmLine,
  jsonReply,
  type Offer,
  type Platform,
  type RenderedAt,
  type Reply,
} from "./platform.ts";
import { type Press, pressIn, readPress, signedPress } from "./press/signed-press.ts";
import { formOf, jsonOf } from "./reading.ts";
import { slashCommandOf } from "./slash-command.ts";
import { keysOf } from "./workspace.ts";

/** A post holds at most 16,383 characters (developers.mattermost.com, Slash commands). */
const LONGEST_TEXT = 16_000;

/**
 * Mattermost. It signs nothing: the token in the form proves the sender, and nothing proves the request's age. The header
 * `Authorization` is not read, because an outgoing OAuth connection replaces the token there. Only status 200 with a
 * body counts; JSON is recognised by its content type. The trigger id tells a repetition.
 * A press of a button comes as JSON without a token. Its `context` is what was sent with the button: the server keeps it
 * from every client, so a signed text in it proves the sender. Only status 200 counts there too.
 * Source: mattermost/mattermost, server/channels/app/command.go, tryExecuteCustomCommand and DoCommandRequest;
 * server/channels/app/integration_action.go, DoPostActionWithCookie and DoActionRequest.
 */
export const mattermost: Platform = {
  verify(request, keys, nowMs) {
    const token = formOf(request).get("token");
    const isKnown = isSecretAmong(token ?? "", keys);
    const pressed = jsonOf(request, pressSchema);
    const press = readPress(pressed?.context.regild ?? "", keys);
    if (pressed !== null) return pressVerdict(pressed, press, nowMs);
    if (token === null) return refused("the form has no token");
    return isKnown ? { isGenuine: true, id: null } : refused("the token is unknown");
  },

  parse(request) {
    const pressed = jsonOf(request, pressSchema);
    return pressed === null ? slashCommandOf(formOf(request)) : pressedCommand(pressed);
  },

  pong: () => jsonReply({}),

  render(reply, asked, at) {
    const { prefix } = asked;
    if (asked.pressed !== undefined) {
      // `update` fails for the question: a message to one user alone is in no database of the server.
      return jsonReply({ ephemeral_text: mattermostText(reply, prefix), skip_slack_parsing: true });
    }
    return jsonReply({
      response_type: reply.seenBy === "channel" ? "in_channel" : "ephemeral",
      // Mattermost would read Slack's link and mention syntax in it.
      skip_slack_parsing: true,
      text: mattermostText(reply, prefix),
      ...buttonOf(reply, asked, at),
    });
  },
};

const pressSchema = z.object({
  user_id: z.string(),
  user_name: z.optional(z.string()),
  channel_id: z.string(),
  trigger_id: z.string(),
  context: z.object({ regild: z.string() }),
});
type Pressed = z.infer<typeof pressSchema>;

/** @param press null: nobody here signed it. */
function pressVerdict(pressed: Pressed, press: Press | null, nowMs: number): Verdict {
  if (press === null) return refused("the button's signature is of no token");
  if (press.untilMs <= nowMs) return refused("the button's time is over");
  if (press.user !== null && press.user !== pressed.user_id)
    return refused("the button is another user's");
  if (press.channel !== pressed.channel_id) return refused("the button is of another channel");
  return { isGenuine: true, id: null };
}

/** Of a verified request. The team's id is the signed one: Mattermost sends none for a press in a direct message. */
function pressedCommand({
  trigger_id: id,
  user_id: presser,
  user_name: userName = "",
  context,
}: Pressed) {
  const press = pressIn(context.regild);
  if (press === null) return null;
  const { workspace, channel, user, prefix, text } = { ...press, user: press.user ?? presser };
  const pressed = { isOnlyToUser: true };
  const roles: string[] = [];
  return {
    kind: "command" as const,
    id,
    workspace,
    channel,
    user,
    userName,
    roles,
    text,
    prefix,
    pressed,
    replyTo: null,
  };
}

/** Nothing where the server was not told where presses go. The id of an action may hold letters and digits alone. */
function buttonOf({ confirm }: Reply, asked: ChatCommand, { workspace, nowMs }: RenderedAt) {
  if (confirm === null) return {};
  const { channel, user, prefix } = asked;
  const press = { workspace: asked.workspace, channel, user, prefix, untilMs: nowMs + GOOD_FOR_MS };
  const button = { label: confirm.label, text: `confirm ${confirm.word}` };
  return attachmentsOf(workspace, press, [{ ...button, id: "confirm" }]);
}

/** How long the buttons of a run's message work: longer than a person has for the answer. */
const OFFERED_MS = 31 * 24 * 3_600_000;

/**
 * Buttons of a message to a channel. Anybody there may press them: the signed text names no user, and the server says who
 * it was, as it says of a command.
 */
export function offeredAt(
  { offers = [] }: Reply,
  { channel, prefix }: Pick<ChatCommand, "channel" | "prefix">,
  { workspace, nowMs }: RenderedAt,
) {
  const untilMs = nowMs + OFFERED_MS;
  const press = { workspace: workspace.workspace, channel, user: null, prefix, untilMs };
  const buttons = offers.map((offer) => ({ ...offer, id: offer.text.split(" ")[0] ?? "" }));
  return attachmentsOf(workspace, press, buttons);
}

function attachmentsOf(
  workspace: RenderedAt["workspace"],
  press: Omit<Press, "text">,
  buttons: ReadonlyArray<Offer & { id: string }>,
) {
  const { button_url: url } = workspace;
  const [key] = keysOf(workspace);
  if (buttons.length === 0 || url === undefined || key === undefined) return {};
  const actions = buttons.map(({ id, label, text }) => ({
    id,
    type: "button",
    name: label,
    style: "danger",
    integration: { url, context: { regild: signedPress({ ...press, text }, key) } },
  }));
  return { attachments: [{ actions }] };
}

export function mattermostText(reply: Reply, prefix: string): string {
  const lines = [...reply.lines];
  if (reply.confirm !== null) lines.push(confirmLine(reply.confirm, prefix));
  const text = [`**${escapedMarkdown(reply.title)}**`, ...lines.map(escapedMarkdown)].join("  \n");
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT).toWellFormed()}…` : text;
}
