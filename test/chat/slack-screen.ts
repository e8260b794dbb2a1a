import * as z from "zod/mini";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { SLACK_SECRET, slackSignature } from "./keys.ts";
import { WORKSPACE_IDS, type PlatformRequest } from "./requests.ts";
import { type HttpReceived, type Post, slackAnswer, type slackButtons } from "./servers.ts";

const ADDRESS_MS = 30 * 60_000;
const ADDRESS_MESSAGES = 5;

interface Message {
  text: string;
  onlyTo: string | null;
  buttons: Array<{ label: string; value: string; actionId: string }>;
}

export interface Pressing {
  user?: string;
  /** The workspace or organisation that the user is of; the one of the app if left out. */
  home?: string;
  /** Of the app's workspace. */
  enterprise?: string;
  secret?: string;
  id: string;
  nowMs: number;
}

const posted = z.union([
  z.strictObject({ delete_original: z.literal(true) }),
  z.extend(slackAnswer, { replace_original: z.boolean() }),
]);

/**
 * A channel of Slack with messages that have buttons. A press waits three seconds for status 200, and shows nothing of the
 * answer's body: only the press's `response_url` changes the screen, five times in 30 minutes.
 */
export class SlackScreen {
  messages: Message[] = [];
  private readonly addresses = new Map<
    string,
    { user: string; from: Message; posts: number; untilMs: number }
  >();
  private readonly post: Post;
  private readonly now: () => number;

  constructor(post: Post, now: () => number) {
    this.post = post;
    this.now = now;
  }

  /** Shows the answer to a command. */
  show({ body }: HttpReceived, user: string): Message {
    return this.add(slackAnswer.parse(JSON.parse(body)), user);
  }

  async press(
    message: Message,
    { user = "U2CERLKJA", secret = SLACK_SECRET, home, enterprise, id, nowMs }: Pressing,
  ) {
    const [button] = message.buttons;
    if (button === undefined) throw new Error("the message has no button");
    if (message.onlyTo !== null && message.onlyTo !== user)
      throw new Error("the user does not see it");
    const address = `https://hooks.slack.com/actions/T1DC2JH3J/${this.addresses.size + 1}/x`;
    this.addresses.set(address, { user, from: message, posts: 0, untilMs: nowMs + ADDRESS_MS });
    const request = slackPress(
      {
        ...button,
        user,
        home: home ?? WORKSPACE_IDS.slack,
        enterprise: enterprise ?? null,
        address,
        isEphemeral: message.onlyTo !== null,
        id,
        nowMs,
      },
      secret,
    );
    const begunMs = performance.now();
    const received = await this.post(request);
    if (performance.now() - begunMs > 3000) throw new Error("operation_timeout");
    if (received.status !== 200) throw new Error(`the button shows a warning: ${received.status}`);
    return { again: () => this.post(request) };
  }

  /** Takes what is sent to a `response_url`. */
  take({ url, body, method }: HttpRequest): HttpResponse {
    const address = this.addresses.get(url);
    const isOver = address === undefined || this.now() >= address.untilMs;
    if (method !== "POST" || isOver || address.posts >= ADDRESS_MESSAGES)
      return answer(404, "used_url");
    address.posts += 1;
    const document = posted.parse(JSON.parse(body ?? ""));
    const { from, user } = address;
    if ("delete_original" in document || document.replace_original) {
      this.messages = this.messages.filter((each) => each !== from);
    }
    if (!("delete_original" in document)) this.add(document, user);
    return answer(200, "ok");
  }

  private add({ response_type: type, blocks }: z.infer<typeof slackAnswer>, user: string): Message {
    const message: Message = { text: "", onlyTo: type === "ephemeral" ? user : null, buttons: [] };
    for (const block of blocks) {
      if (block.type === "actions") message.buttons.push(...block.elements.map(buttonOf));
      else message.text += `${block.text.text}\n`;
    }
    this.messages.push(message);
    return message;
  }
}

function buttonOf({
  text,
  value,
  action_id: actionId,
}: z.infer<typeof slackButtons>["elements"][0]) {
  return { label: text.text, value, actionId };
}

function answer(status: number, text: string): HttpResponse {
  return { kind: "response", status, headers: {}, text };
}

export interface SlackPress {
  value: string;
  actionId: string;
  user: string;
  home?: string;
  enterprise?: string | null;
  address: string;
  isEphemeral: boolean;
  id: string;
  nowMs: number;
}

/** Source: docs.slack.dev, block_actions payload. */
export function slackPress(press: SlackPress, secret = SLACK_SECRET): PlatformRequest {
  const { value, actionId, user, home, enterprise, address, isEphemeral, id, nowMs } = press;
  const time = Math.floor(nowMs / 1000);
  const payload = {
    type: "block_actions",
    user: { id: user, username: "anna", name: "anna", team_id: home ?? WORKSPACE_IDS.slack },
    api_app_id: "A123ABC456",
    token: "xyzz0WbapA4vBCDEFasx0q6G",
    container: {
      type: "message",
      message_ts: "1.2",
      channel_id: "C8PSS9T3V",
      is_ephemeral: isEphemeral,
    },
    trigger_id: id,
    team: {
      id: WORKSPACE_IDS.slack,
      domain: "testteamnow",
      ...(enterprise == null ? {} : { enterprise_id: enterprise, enterprise_name: "Org" }),
    },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: "C8PSS9T3V", name: "golden-images" },
    response_url: address,
    actions: [
      {
        type: "button",
        action_id: actionId,
        block_id: "b",
        value,
        style: "danger",
        action_ts: "1.3",
      },
    ],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return {
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": String(time),
      "x-slack-signature": slackSignature(secret, time, body),
    },
    body,
  };
}
