import { describe, expect, it } from "vitest";
import { SesMailer } from "../../../shared/aws/ses-mailer.ts";
import { chatPost, chatRefusal } from "../../../shared/notify/chats.ts";
import type { Mail } from "../../../shared/notify/mail.ts";
import type { Target } from "../../../shared/notify/target.ts";
import type { HttpRequest, HttpResponse } from "../../../shared/ports.ts";

const ID = "msg_0123456789abcdef01234567";
const TARGETS: Target[] = [
  { kind: "slack", url: "https://hooks.slack.com/services/x" },
  { kind: "slack", bot_token: "xoxb-0123456789abcdef", channel: "C1" },
  { kind: "mattermost", url: "https://chat.example.com/hooks/x" },
  {
    kind: "mattermost",
    url: "https://chat.example.com",
    bot_token: "0123456789abcdef",
    channel: "c1",
  },
  { kind: "discord", url: "https://discord.com/api/webhooks/1/x" },
  { kind: "discord", bot_token: "0123456789abcdef", channel: "1" },
  { kind: "teams", url: "https://flow.example.com/x" },
];
const EVIL = "@everyone <!channel> <@U1> [x](https://evil.example.com) **b**";

describe("a message to a chat", () => {
  it.each(TARGETS)("can neither ping nor link, whatever a cloud says: $kind $url", (target) => {
    const post = chatPost(target, { title: EVIL, lines: [EVIL, "line\n# two"] }, ID);
    expect(post?.body).not.toMatch(/@everyone|@U1|https:\/\/evil/);
  });

  it("is no markup to Slack, and mentions nobody on Discord", () => {
    const bodyOf = (target: Target | undefined): string =>
      target === undefined
        ? ""
        : (chatPost(target, { title: EVIL, lines: [EVIL] }, ID)?.body ?? "");
    // Slack reads markup and mentions in `text`, and in no `plain_text`.
    expect(bodyOf(TARGETS[0])).not.toContain("mrkdwn");
    expect(bodyOf(TARGETS[0])).toMatch(/"text":"[^"<]*&lt;!channel&gt;[^"<]*","blocks"/);
    expect(bodyOf(TARGETS[4])).toContain('"allowed_mentions":{"parse":[]}');
  });

  it("goes to the bot's address with its token, and to Discord with a nonce of at most 25 characters", () => {
    const posts = TARGETS.map((target) => chatPost(target, { title: "t", lines: [] }, ID));
    expect(posts.map((post) => post?.url)).toEqual([
      "https://hooks.slack.com/services/x",
      "https://slack.com/api/chat.postMessage",
      "https://chat.example.com/hooks/x",
      "https://chat.example.com/api/v4/posts",
      "https://discord.com/api/webhooks/1/x",
      "https://discord.com/api/v10/channels/1/messages",
      "https://flow.example.com/x",
    ]);
    const { nonce, enforce_nonce: enforced }: { nonce: string; enforce_nonce: boolean } =
      JSON.parse(posts[5]?.body ?? "{}");
    expect([nonce.length, enforced]).toEqual([25, true]);
  });

  it.each([
    ["slack", 200, "ok", null],
    ["slack", 200, '{"ok":true,"ts":"1"}', null],
    ["slack", 200, '{"ok":false,"error":"ratelimited"}', false],
    ["slack", 200, '{"ok":false,"error":"is_archived"}', true],
    ["slack", 404, "no_service", false],
    ["discord", 204, "", null],
    ["discord", 429, "{}", false],
    ["discord", 400, "{}", true],
    ["teams", 202, "", null],
    ["mattermost", 503, "", false],
  ] as const)("%s answers %d %s", (kind, status, text, isForGood) => {
    const answer: HttpResponse = { kind: "response", status, headers: {}, text };
    expect(chatRefusal(kind, answer)?.isForGood ?? null).toBe(isForGood);
  });
});

describe("mail by SES", () => {
  const mail: Mail = {
    from: "regild@example.com",
    to: ["a@example.com"],
    recipients: ["a@example.com"],
    subject: "web: failed",
    text: "Why\n",
    id: `<${ID}@example.com>`,
  };
  const access = {
    endpoint: "https://email.eu-west-1.amazonaws.com",
    region: "eu-west-1",
    credentials: { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: null },
  };
  const answering = (status: number, headers: Record<string, string> = {}, text = "{}") => {
    const sent: HttpRequest[] = [];
    const send = async (request: HttpRequest): Promise<HttpResponse> => {
      sent.push(request);
      return { kind: "response", status, headers, text };
    };
    return { sent, mailer: new SesMailer(access, { send }, () => Date.UTC(2026, 10, 28)) };
  };

  it("is one signed SendEmail", async () => {
    const { sent, mailer } = answering(200, {}, '{"MessageId":"1"}');
    expect(await mailer.send(mail, undefined)).toEqual({ taken: mail.recipients, refusal: null });
    const [request] = sent;
    expect(request?.url).toBe("https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails");
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      FromEmailAddress: "regild@example.com",
      Destination: { ToAddresses: ["a@example.com"] },
      Content: { Simple: { Headers: [{ Name: "X-Regild-Id", Value: mail.id }] } },
    });
    expect(request?.headers["authorization"]).toMatch(
      /Credential=AKID\/20261128\/eu-west-1\/ses\/aws4_request/,
    );
  });

  it("is refused for good by what SES says of the mail, and tried again after anything else", async () => {
    const rejected = answering(
      400,
      { "x-amzn-errortype": "MessageRejected:" },
      '{"message":"not verified"}',
    );
    expect(await rejected.mailer.send(mail, undefined)).toEqual({
      taken: [],
      refusal: { reason: "SES answered MessageRejected: not verified", isForGood: true },
    });
    const busy = answering(429, { "x-amzn-errortype": "TooManyRequestsException" });
    expect(await busy.mailer.send(mail, undefined)).toMatchObject({
      refusal: { isForGood: false },
    });
    const smtp = answering(200);
    expect(await smtp.mailer.send(mail, { host: "m" })).toMatchObject({
      refusal: { reason: expect.stringContaining("take smtp out"), isForGood: false },
    });
    expect(smtp.sent).toEqual([]);
  });
});
