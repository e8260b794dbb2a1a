import * as z from "zod/mini";
import { headerOf, refused } from "../webhook/delivery.ts";
import { isSignedBy } from "./ed25519.ts";
import { escapedMarkdown } from "./neutral.ts";
import { type ChatRequest, jsonReply, type Offer, type Platform, type Reply } from "./platform.ts";
import { jsonOf } from "./reading.ts";
import { secondsToMs, timeProblem } from "./time-window.ts";

const PING = 1;
const APPLICATION_COMMAND = 2;
const MESSAGE_COMPONENT = 3;
const PONG = 1;
const CHANNEL_MESSAGE = 4;
const EPHEMERAL = 1 << 6;
const ACTION_ROW = 1;
const BUTTON = 2;
const DANGER = 4;
const SUB_COMMAND_GROUP = 2;

/** Of a message (Discord API reference, Message resource, Create message). */
const LONGEST_TEXT = 2000;
const MAX_OPTIONS = 25;

const option = z.object({
  name: z.string(),
  type: z.int(),
  value: z.optional(z.union([z.string(), z.number(), z.boolean()])),
});
/** Commands nest options twice at most: a group, its command, the values. */
const options = (inner: z.ZodMiniType) =>
  z.optional(
    z
      .array(z.extend(option, { options: z.optional(z.array(inner)) }))
      .check(z.maxLength(MAX_OPTIONS)),
  );
const nested = z.extend(option, { options: z.optional(z.array(option)) });

const user = z.object({ id: z.string(), username: z.string() });
const interaction = z.object({
  type: z.int(),
  id: z.string(),
  application_id: z.optional(z.string()),
  token: z.optional(z.string()),
  guild_id: z.optional(z.string()),
  channel_id: z.optional(z.string()),
  member: z.optional(z.object({ user, roles: z.array(z.string()) })),
  user: z.optional(user),
  data: z.optional(
    z.object({
      name: z.optional(z.string()),
      custom_id: z.optional(z.string()),
      options: options(nested),
    }),
  ),
});
type Interaction = z.infer<typeof interaction>;

/**
 * Discord. Source: docs.discord.com, Receiving and Responding to Interactions; Application Commands.
 * The documentation asks for no window of time; this one refuses requests that somebody sends again later.
 */
export const discord: Platform = {
  verify(request, keys, nowMs) {
    const signature = headerOf(request, "x-signature-ed25519") ?? "";
    const time = headerOf(request, "x-signature-timestamp") ?? "";
    const data = Buffer.concat([Buffer.from(time, "utf8"), request.body]);
    const isSigned = keys.filter((key) => isSignedBy(key, signature, data)).length > 0;
    if (signature === "") return refused("X-Signature-Ed25519 is missing");
    if (!isSigned) return refused("X-Signature-Ed25519 is not of the public key");
    return timeProblem(secondsToMs(time), nowMs) ?? { isGenuine: true, id: null };
  },

  parse(request): ChatRequest | null {
    const is = jsonOf(request, interaction);
    if (is === null) return null;
    if (is.type === PING) return { kind: "ping" };
    const text = textOf(is);
    const from = is.member?.user ?? is.user;
    if (text === null || from === undefined) return null;
    return {
      kind: "command",
      id: is.id,
      workspace: is.guild_id ?? "",
      channel: is.channel_id ?? "",
      user: from.id,
      userName: from.username,
      roles: is.member?.roles ?? [],
      text,
      prefix: "/regild",
      replyTo: replyToOf(is),
    };
  },

  pong: () => jsonReply({ type: PONG }),

  render(reply) {
    const flags = reply.seenBy === "user" ? { flags: EPHEMERAL } : {};
    return jsonReply({ type: CHANNEL_MESSAGE, data: { ...discordContent(reply), ...flags } });
  },
};

/** A message's content and buttons. */
export function discordContent({ title, lines, confirm, offers = [] }: Reply) {
  const text = [`**${escapedMarkdown(title)}**`, ...lines.map(escapedMarkdown)].join("\n");
  const buttons = [
    ...(confirm === null ? [] : [{ label: confirm.label, text: `confirm ${confirm.word}` }]),
    ...offers,
  ];
  return {
    content:
      text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…` : text,
    allowed_mentions: { parse: [] },
    ...(buttons.length === 0 ? {} : { components: [buttonRow(buttons)] }),
  };
}

/** An interaction's part of the address of its messages. */
function replyToOf({ application_id: application, token }: Interaction): string | null {
  const isPlain = /^\d{1,30}$/.test(application ?? "") && /^[\w.-]{1,1000}$/.test(token ?? "");
  return isPlain ? `${application}/${token}` : null;
}

/** The words of a command: names of subcommands and values of options, or what a button stands for. */
function textOf({ type, data }: Interaction): string | null {
  if (type === MESSAGE_COMPONENT) return data?.custom_id ?? null;
  if (type !== APPLICATION_COMMAND) return null;
  const words: string[] = [];
  const add = (list: NonNullable<typeof data>["options"]): void => {
    for (const each of list ?? []) {
      if (each.type <= SUB_COMMAND_GROUP) words.push(each.name);
      else if (each.value !== undefined) words.push(String(each.value));
      add(z.array(nested).safeParse(each.options ?? []).data);
    }
  };
  add(data?.options);
  return words.join(" ");
}

/** The text of each is at most 100 characters long. */
function buttonRow(buttons: readonly Offer[]) {
  const components = buttons.map(({ label, text }) => ({
    type: BUTTON,
    style: DANGER,
    label,
    custom_id: text,
  }));
  return { type: ACTION_ROW, components };
}
