import * as z from "zod/mini";
import type { PlatformName } from "../../shared/chat/workspace.ts";
import {
  discordRequest,
  mattermostRequest,
  type PlatformRequest,
  signedForDiscord,
  slackRequest,
  teamsRequest,
  type Written,
} from "./requests.ts";

export interface HttpReceived {
  status: number;
  headers: Record<string, string>;
  body: string;
}
export type Post = (request: PlatformRequest) => Promise<HttpReceived>;

/** What the user sees in the chat. */
export interface Shown {
  text: string;
  onlyToUser: boolean;
  button: { label: string; press: string } | null;
}

/** The server side of a chat platform: it refuses answers as that platform does. */
export interface ChatServer {
  readonly platform: PlatformName;
  /** @throws Error with what the platform would tell the user instead of the answer. */
  write(written: Written): Promise<Shown>;
  /** Sends the same request again, as it was. */
  again(): Promise<Shown>;
  /** The request as a stranger would forge it. */
  forge(written: Written): Promise<HttpReceived>;
}

const jsonBody = ({ headers, body }: HttpReceived): unknown => {
  const type = headers["content-type"] ?? "";
  if (!type.startsWith("application/json")) throw new Error(`shown as text, not as JSON: ${type}`);
  return JSON.parse(body);
};

async function within(limitMs: number, answer: Promise<HttpReceived>): Promise<HttpReceived> {
  const begunMs = performance.now();
  const received = await answer;
  if (performance.now() - begunMs > limitMs) throw new Error("operation_timeout");
  return received;
}

abstract class Server implements ChatServer {
  abstract readonly platform: PlatformName;
  protected abstract readonly limitMs: number;
  private last: PlatformRequest | null = null;
  protected readonly post: Post;

  constructor(post: Post) {
    this.post = post;
  }

  protected abstract request(written: Written): PlatformRequest;
  protected abstract forged(written: Written): PlatformRequest;
  protected abstract shown(received: HttpReceived): Shown;

  async write(written: Written): Promise<Shown> {
    this.last = this.request(written);
    return this.shown(await within(this.limitMs, this.post(this.last)));
  }

  async again(): Promise<Shown> {
    if (this.last === null) throw new Error("nothing was sent yet");
    return this.shown(await within(this.limitMs, this.post(this.last)));
  }

  forge(written: Written): Promise<HttpReceived> {
    return this.post(this.forged(written));
  }
}

const slackText = z.strictObject({
  type: z.literal("plain_text"),
  text: z.string().check(z.minLength(1), z.maxLength(3000)),
  emoji: z.boolean(),
});
export const slackButtons = z.strictObject({
  type: z.literal("actions"),
  elements: z
    .array(
      z.strictObject({
        type: z.literal("button"),
        action_id: z.string().check(z.minLength(1), z.maxLength(255)),
        text: z.extend(slackText, { text: z.string().check(z.minLength(1), z.maxLength(75)) }),
        style: z.optional(z.enum(["primary", "danger"])),
        value: z.string().check(z.minLength(1), z.maxLength(2000)),
      }),
    )
    .check(
      z.minLength(1),
      z.maxLength(25),
      // Block Kit reference, Button element: unique among all other action_ids of the block.
      z.refine((list) => new Set(list.map((each) => each.action_id)).size === list.length),
    ),
});
export const slackAnswer = z.strictObject({
  response_type: z.enum(["in_channel", "ephemeral"]),
  text: z.string(),
  blocks: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({
          type: z.literal("header"),
          text: z.extend(slackText, { text: z.string().check(z.minLength(1), z.maxLength(150)) }),
        }),
        z.strictObject({ type: z.literal("section"), text: slackText }),
        slackButtons,
      ]),
    )
    .check(z.maxLength(50)),
});

/** Shows "failed with the error dispatch_failed" for every status but 200; waits three seconds. */
class SlackServer extends Server {
  readonly platform = "slack";
  protected readonly limitMs = 3000;

  protected request(written: Written) {
    return slackRequest(written);
  }

  protected forged(written: Written) {
    return slackRequest(written, "guessed, and wrong");
  }

  protected shown(received: HttpReceived): Shown {
    if (received.status !== 200) throw new Error("failed with the error dispatch_failed");
    const { response_type: type, text, blocks } = slackAnswer.parse(jsonBody(received));
    // Outside of plain_text, Slack reads these as links and mentions.
    if (/<[^>]*>/.test(text)) throw new Error(`markup: ${text}`);
    return {
      text: blocks.flatMap((block) => ("text" in block ? [block.text.text] : [])).join("\n"),
      onlyToUser: type === "ephemeral",
      button: null,
    };
  }
}

/** The router of the server knows an action by `[A-Za-z0-9]+`: server/channels/api4/post.go. */
export const mattermostAttachments = z.tuple([
  z.strictObject({
    actions: z.array(
      z.strictObject({
        id: z.string().check(z.regex(/^[A-Za-z0-9]+$/)),
        type: z.literal("button"),
        name: z.string().check(z.minLength(1)),
        style: z.enum(["default", "primary", "success", "good", "warning", "danger"]),
        integration: z.strictObject({
          url: z.string().check(z.regex(/^https?:\/\//)),
          context: z.record(z.string(), z.unknown()),
        }),
      }),
    ),
  }),
]);
export const mattermostAnswer = z.strictObject({
  response_type: z.enum(["in_channel", "ephemeral"]),
  skip_slack_parsing: z.literal(true),
  text: z.string().check(z.minLength(1), z.maxLength(16_383)),
  attachments: z.optional(mattermostAttachments),
});

/** Shows an error for every status but 200 and for an empty body; waits three seconds by default. */
class MattermostServer extends Server {
  readonly platform = "mattermost";
  protected readonly limitMs = 3000;

  protected request(written: Written) {
    return mattermostRequest(written);
  }

  protected forged(written: Written) {
    return mattermostRequest(written, "a-token-that-is-guessed-26");
  }

  protected shown(received: HttpReceived): Shown {
    if (received.status !== 200) {
      throw new Error(`Command with a trigger of 'regild' returned response ${received.status}`);
    }
    if (received.body === "") throw new Error("returned an empty response");
    const { response_type: type, text } = mattermostAnswer.parse(jsonBody(received));
    return { text: withoutMarkdown(text), onlyToUser: type === "ephemeral", button: null };
  }
}

const discordAnswer = z.strictObject({
  type: z.literal(4),
  data: z.strictObject({
    content: z.string().check(z.minLength(1), z.maxLength(2000)),
    allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
    flags: z.optional(z.literal(64)),
    components: z.optional(
      z.tuple([
        z.strictObject({
          type: z.literal(1),
          components: z.tuple([
            z.strictObject({
              type: z.literal(2),
              style: z.int(),
              label: z.string().check(z.maxLength(80)),
              custom_id: z.string().check(z.minLength(1), z.maxLength(100)),
            }),
          ]),
        }),
      ]),
    ),
  }),
});

/** Waits three seconds. Refuses an address that answers its PING wrongly, or a bad signature with anything but 401. */
export class DiscordServer extends Server {
  readonly platform = "discord";
  protected readonly limitMs = 3000;

  /** What Discord does when the address is entered. */
  async register(nowMs: number): Promise<void> {
    const ping = signedForDiscord(
      { type: 1, id: "1", application_id: "2", token: "t", version: 1 },
      nowMs,
    );
    const pong = await this.post(ping);
    const isPong =
      pong.status === 200 &&
      z.strictObject({ type: z.literal(1) }).safeParse(jsonBody(pong)).success;
    const forged = await this.post({
      ...ping,
      headers: { ...ping.headers, "x-signature-ed25519": "0".repeat(128) },
    });
    if (!isPong || forged.status !== 401) {
      throw new Error("The specified interactions endpoint url could not be verified");
    }
  }

  protected request(written: Written) {
    const { text } = written;
    const button = text.startsWith("confirm ");
    return discordRequest({ ...written, button });
  }

  protected forged(written: Written) {
    const { headers, body } = discordRequest(written);
    return { headers: { ...headers, "x-signature-ed25519": "ab".repeat(64) }, body };
  }

  protected shown(received: HttpReceived): Shown {
    if (received.status !== 200) throw new Error("The application did not respond");
    const { content, flags, components } = discordAnswer.parse(jsonBody(received)).data;
    const button = components?.[0].components[0];
    return {
      text: withoutMarkdown(content),
      onlyToUser: flags === 64,
      button: button === undefined ? null : { label: button.label, press: button.custom_id },
    };
  }
}

const teamsAnswer = z.strictObject({ type: z.literal("message"), text: z.string() });

/** Waits five seconds; everybody in the channel sees the answer. */
class TeamsServer extends Server {
  readonly platform = "teams";
  protected readonly limitMs = 5000;

  protected request(written: Written) {
    return teamsRequest(written);
  }

  protected forged(written: Written) {
    return teamsRequest(written, Buffer.alloc(32).toString("base64"));
  }

  protected shown(received: HttpReceived): Shown {
    if (received.status !== 200) throw new Error("Unable to reach app. Please try again.");
    const { text } = teamsAnswer.parse(jsonBody(received));
    return { text: withoutMarkdown(text), onlyToUser: false, button: null };
  }
}

/** What a reader sees of it, if nothing in it is markup but the bold title. */
function withoutMarkdown(text: string): string {
  const escaped = text.replace(/^\*\*(?<title>.*?)\*\*(?=\s|$)/s, "$<title>");
  const markup = /(?<!\\)(?:\\\\)*[*_~`|<>#[\]]/.exec(escaped);
  if (markup !== null) throw new Error(`markup in the answer: ${text}`);
  return escaped.replaceAll(/\\(?=[\\*_~`|<>#[\]()!])/g, "").replaceAll(/ *\n\n?/g, "\n");
}

export function chatServers(
  post: (platform: PlatformName) => Post,
): Record<PlatformName, ChatServer> {
  return {
    slack: new SlackServer(post("slack")),
    mattermost: new MattermostServer(post("mattermost")),
    discord: new DiscordServer(post("discord")),
    teams: new TeamsServer(post("teams")),
  };
}
