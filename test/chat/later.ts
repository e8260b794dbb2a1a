import * as z from "zod/mini";
import type { HttpFailure, HttpRequest, HttpResponse } from "../../shared/ports.ts";

/** Where platforms take later messages: with their limits of number, time and token. */

export const SLACK_BOT = "xoxb-0123456789-abcdefghij";
export const MATTERMOST_BOT = "bot-token-of-26-characters";
export const DISCORD_BOT = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";
export const MATTERMOST_URL = "https://chat.example.com";

const ADDRESS_MS = 30 * 60_000;
const ADDRESS_MESSAGES = 5;
const INTERACTION_MS = 15 * 60_000;

const slackBody = z.looseObject({
  channel: z.optional(z.string()),
  ts: z.optional(z.string()),
  text: z.string(),
  blocks: z.array(
    z.looseObject({ text: z.looseObject({ text: z.string(), type: z.literal("plain_text") }) }),
  ),
});

export class LaterMessages {
  /** What stands in the channel, in order: edits change it. */
  readonly messages: Array<{ id: string; text: string; edits: number }> = [];
  /** Answers everything with that status; null: works. */
  outage: number | null = null;
  requests = 0;
  private readonly openedAtMs: number;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
    this.openedAtMs = now();
  }

  send(request: HttpRequest): HttpResponse | HttpFailure {
    this.requests += 1;
    if (this.outage !== null) return answer(this.outage, "");
    const { host, pathname } = new URL(request.url);
    if (host === "hooks.slack.com") return this.atAddress(slackText(request));
    if (host === "slack.com") return this.slackApi(request, pathname);
    if (host === "discord.com") return this.discordApi(request, pathname);
    if (host === "chat.example.com") return this.mattermostApi(request, pathname);
    return { kind: "failure", sent: false, reason: `unknown host ${host}` };
  }

  private atAddress(text: string): HttpResponse {
    const isOver = this.now() - this.openedAtMs >= ADDRESS_MS;
    if (isOver || this.messages.length >= ADDRESS_MESSAGES) return answer(404, "used_url");
    this.add(text);
    return answer(200, "ok");
  }

  private slackApi(request: HttpRequest, path: string): HttpResponse {
    if (request.headers["authorization"] !== `Bearer ${SLACK_BOT}`) {
      return answer(200, '{"ok":false,"error":"invalid_auth"}');
    }
    const { ts } = slackBody.parse(JSON.parse(request.body ?? ""));
    const text = slackText(request);
    if (path === "/api/chat.postMessage") {
      return answer(200, JSON.stringify({ ok: true, ts: this.add(text) }));
    }
    return this.edit(ts ?? "", text)
      ? answer(200, JSON.stringify({ ok: true, ts }))
      : answer(200, '{"ok":false,"error":"message_not_found"}');
  }

  private mattermostApi(request: HttpRequest, path: string): HttpResponse {
    const body = z
      .looseObject({ message: z.optional(z.string()), text: z.optional(z.string()) })
      .parse(JSON.parse(request.body ?? ""));
    if (path.startsWith("/hooks/commands/")) return this.atAddress(body.text ?? "");
    if (request.headers["authorization"] !== `Bearer ${MATTERMOST_BOT}`) return answer(401, "{}");
    const id = /^\/api\/v4\/posts\/(\w+)\/patch$/.exec(path)?.[1];
    if (id === undefined) return answer(201, JSON.stringify({ id: this.add(body.message ?? "") }));
    return this.edit(id, body.message ?? "")
      ? answer(200, JSON.stringify({ id }))
      : answer(404, "{}");
  }

  private discordApi(request: HttpRequest, path: string): HttpResponse {
    const { content } = z
      .looseObject({
        content: z.string().check(z.maxLength(2000)),
        allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
      })
      .parse(JSON.parse(request.body ?? ""));
    if (path.endsWith("/messages/@original")) {
      if (this.now() - this.openedAtMs >= INTERACTION_MS) return answer(401, '{"code":50027}');
      if (this.messages.length === 0) this.add("");
      this.edit(this.messages[0]?.id ?? "", content);
      return answer(200, JSON.stringify({ id: this.messages[0]?.id }));
    }
    if (request.headers["authorization"] !== `Bot ${DISCORD_BOT}`) return answer(401, "{}");
    if (request.method === "POST") return answer(200, JSON.stringify({ id: this.add(content) }));
    return this.edit(path.split("/").at(-1) ?? "", content) ? answer(200, "{}") : answer(404, "{}");
  }

  private add(text: string): string {
    const id = `m${this.messages.length + 1}`;
    this.messages.push({ id, text, edits: 0 });
    return id;
  }

  private edit(id: string, text: string): boolean {
    const message = this.messages.find((each) => each.id === id);
    if (message === undefined) return false;
    message.text = text;
    message.edits += 1;
    return true;
  }
}

function slackText({ body }: HttpRequest): string {
  const { blocks } = slackBody.parse(JSON.parse(body ?? ""));
  return blocks.map((block) => block.text.text).join("\n");
}

function answer(status: number, text: string): HttpResponse {
  return { kind: "response", status, headers: {}, text };
}
