import * as z from "zod/mini";
import { headerOf, refused } from "../webhook/delivery.ts";
import { hmacSha256, isAmong } from "../webhook/digest.ts";
import { escapedMarkdown } from "./neutral.ts";
import { type ChatRequest, confirmLine, jsonReply, type Platform } from "./platform.ts";
import { jsonOf, withoutEntities } from "./reading.ts";
import { timeProblem } from "./time-window.ts";

const LONGEST_TEXT = 20_000;

const named = z.object({ id: z.string(), name: z.optional(z.nullable(z.string())) });
const activity = z.object({
  type: z.literal("message"),
  id: z.string(),
  timestamp: z.string(),
  text: z.string(),
  from: z.extend(named, { aadObjectId: z.optional(z.nullable(z.string())) }),
  channelData: z.object({
    teamsTeamId: z.optional(z.string()),
    teamsChannelId: z.optional(z.string()),
    team: z.optional(z.object({ id: z.string() })),
    channel: z.optional(z.object({ id: z.string() })),
  }),
});

/**
 * Outgoing webhooks of Microsoft Teams. The signed body holds the time. The answer is the only message there is: Teams
 * gives no address for a later one, and mentions take a list of entities, which no answer here has.
 * Source: learn.microsoft.com, Create Outgoing Webhooks; Bot Framework Activity schema.
 */
export const teams: Platform = {
  verify(request, keys, nowMs) {
    const expected = keys.map(
      (key) => `HMAC ${hmacSha256("base64", Buffer.from(key, "base64"), request.body)}`,
    );
    const signature = headerOf(request, "authorization");
    const isSigned = isAmong(signature ?? "", expected);
    if (signature === null) return refused("Authorization is missing");
    if (!isSigned) return refused("Authorization is of no security token");
    const sent = jsonOf(request, z.object({ timestamp: z.string() }));
    return timeProblem(Date.parse(sent?.timestamp ?? ""), nowMs) ?? { isGenuine: true, id: null };
  },

  parse(request): ChatRequest | null {
    const is = jsonOf(request, activity);
    if (is === null) return null;
    const { from, channelData } = is;
    const { mention, text } = wordsOf(is.text);
    return {
      kind: "command",
      id: is.id,
      workspace: channelData.team?.id ?? channelData.teamsTeamId ?? "",
      channel: channelData.channel?.id ?? channelData.teamsChannelId ?? "",
      user: from.aadObjectId ?? from.id,
      userName: from.name ?? "",
      roles: [],
      text,
      replyTo: null,
      prefix: `@${mention === "" ? "Regild" : mention}`,
    };
  },

  pong: () => jsonReply({}),

  render(reply, { prefix }) {
    const lines = [...reply.lines];
    if (reply.confirm !== null) lines.push(confirmLine(reply.confirm, prefix));
    const text = [`**${escapedMarkdown(reply.title)}**`, ...lines.map(escapedMarkdown)].join(
      "\n\n",
    );
    return jsonReply({
      type: "message",
      text: text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT).toWellFormed()}…` : text,
    });
  },
};

/** `<p><at>Regild</at>&nbsp;refresh web</p>` */
function wordsOf(html: string): { mention: string; text: string } {
  const mention = /<at[^>]{0,200}>([^<]{0,100})<\/at>/.exec(html)?.[1] ?? "";
  const text = html
    .replace(/<at[^>]{0,200}>[^<]{0,100}<\/at>/, " ")
    .replaceAll(/<[^<>]{0,500}>/g, " ");
  return { mention: withoutEntities(mention).trim(), text: withoutEntities(text).trim() };
}
