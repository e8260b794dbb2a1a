import * as z from "zod/mini";
import type { PlatformRequest } from "./requests.ts";
import {
  type HttpReceived,
  mattermostAnswer,
  mattermostAttachments,
  type Post,
} from "./servers.ts";

const pressAnswer = z.object({
  update: z.optional(z.unknown()),
  ephemeral_text: z.optional(z.string()),
  skip_slack_parsing: z.optional(z.boolean()),
});

export interface MattermostPressing {
  user?: string;
  channel?: string;
  id: string;
}

/**
 * A Mattermost server that keeps a message with a button: the answer to a command, or a bot's message to a channel. No client gets the button's `context`; a press posts it,
 * unsigned, to the button's address. Only status 200 counts; a body must be JSON or empty; `update` fails, because an
 * ephemeral message is in no database. Source: mattermost/mattermost, server/channels/app/integration_action.go.
 */
export class MattermostButtons {
  readonly asked: string[] = [];
  private readonly post: Post;
  private readonly integration: { url: string; context: Record<string, unknown> };

  /** @param at which of the message's buttons is pressed. */
  constructor({ body }: Pick<HttpReceived, "body">, post: Post, at = 0) {
    const document = z
      .union([
        mattermostAnswer,
        z.object({ props: z.object({ attachments: mattermostAttachments }) }),
      ])
      .parse(JSON.parse(body));
    const attachments = "props" in document ? document.props.attachments : document.attachments;
    const action = attachments?.[0].actions[at];
    if (action === undefined) throw new Error("the answer has no button");
    this.post = post;
    this.integration = action.integration;
  }

  request({
    user = "k5qhqy4c6f8ajfg1e4s7ar6tpo",
    channel = "jumqjtpkwtbcxqgbx7t8nrbtpa",
    id,
  }: MattermostPressing): PlatformRequest {
    const body = JSON.stringify({
      user_id: user,
      user_name: "anna",
      channel_id: channel,
      channel_name: "golden-images",
      // Empty in a direct message, where a command has the team that the user is in.
      team_id: "",
      team_domain: "",
      post_id: "3h7zn1ykm7b8bxs5fcc6ftmcay",
      trigger_id: id,
      type: "button",
      data_source: "",
      context: this.integration.context,
    });
    return { headers: { "content-type": "application/json", accept: "application/json" }, body };
  }

  /** @returns what the user who pressed sees. @throws Error: the user sees that the action failed. */
  async press(pressing: MattermostPressing): Promise<string> {
    this.asked.push(this.integration.url);
    const received = await this.post(this.request(pressing));
    if (received.status !== 200) throw new Error(`status=${received.status}`);
    if (received.body === "") return "";
    const {
      update,
      ephemeral_text: text = "",
      skip_slack_parsing: isPlain,
    } = pressAnswer.parse(JSON.parse(received.body));
    if (update !== undefined) throw new Error("the message to update is not there");
    if (isPlain !== true && /<[^>]+>/.test(text)) throw new Error("read as links of Slack");
    return text;
  }
}
