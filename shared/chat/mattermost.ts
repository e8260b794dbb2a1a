import { refused } from "../webhook/delivery.ts";
import { isAmong } from "../webhook/digest.ts";
import { escapedMarkdown } from "./neutral.ts";
import { confirmLine, jsonReply, type Platform, type Reply } from "./platform.ts";
import { formOf } from "./reading.ts";
import { slashCommandOf } from "./slash-command.ts";

/** A post holds at most 16,383 characters (developers.mattermost.com, Slash commands). */
const LONGEST_TEXT = 16_000;

/**
 * Mattermost. It signs nothing: the token in the form proves the sender, and nothing proves the request's age. The header
 * `Authorization` is not read, because an outgoing OAuth connection replaces the token there. Only status 200 with a
 * body counts; JSON is recognised by its content type. The trigger id tells a repetition.
 * Source: mattermost/mattermost, server/channels/app/command.go, tryExecuteCustomCommand and DoCommandRequest.
 */
export const mattermost: Platform = {
  verify(request, keys) {
    const token = formOf(request).get("token");
    const isKnown = isAmong(token ?? "", keys);
    if (token === null) return refused("the form has no token");
    return isKnown ? { isGenuine: true, id: null } : refused("the token is unknown");
  },

  parse: (request) => slashCommandOf(formOf(request)),

  pong: () => jsonReply({}),

  render(reply, { prefix }) {
    return jsonReply({
      response_type: reply.seenBy === "channel" ? "in_channel" : "ephemeral",
      // Mattermost would read Slack's link and mention syntax in it.
      skip_slack_parsing: true,
      text: mattermostText(reply, prefix),
    });
  },
};

export function mattermostText(reply: Reply, prefix: string): string {
  const lines = [...reply.lines];
  if (reply.confirm !== null) lines.push(confirmLine(reply.confirm, prefix));
  const text = [`**${escapedMarkdown(reply.title)}**`, ...lines.map(escapedMarkdown)].join("  \n");
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT).toWellFormed()}…` : text;
}
