import type { APIGatewayProxyEventV2, SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler as notify } from "../../functions/notify/handler.ts";
import { handler as onCommand } from "../../functions/on-command/handler.ts";
import type { Workspace } from "../../shared/chat/workspace.ts";
import { askForApproval } from "../../shared/run/approval.ts";
import { MattermostButtons } from "../chat/mattermost-buttons.ts";
import { mattermostRequest, type PlatformRequest, slackRequest } from "../chat/requests.ts";
import { SlackScreen } from "../chat/slack-screen.ts";
import { ANYBODY_ANYTHING, workspaceOf } from "../chat/workspaces.ts";
import { candidate, image, NOW, recipe, recipeState, run } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const ANNA = "U2CERLKJA";
const BUTTON_URL = "https://regild.example.com/chat/ops";

/** A run is at work, and the platform's server reaches the function. */
function stage(platform: "slack" | "mattermost", is: Partial<Workspace> = {}) {
  const on = new Installation();
  on.recipes.set("web", recipe({ name: "web" }));
  on.chat.set("ops", { ...workspaceOf(platform), ...is });
  const web = run({ step: "check-status", candidate: candidate(), source: null });
  on.putRun(web, 7, { sweepAtMs: NOW + 60_000 });
  on.putRecipeState(recipeState({ activeRun: web.id }));
  const post = async ({ headers, body }: PlatformRequest) => {
    const event = { pathParameters: { workspace: "ops" }, headers, body, isBase64Encoded: false };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
    const answer = await on.call(onCommand, event as unknown as APIGatewayProxyEventV2);
    return {
      status: answer.statusCode ?? 0,
      headers: z.record(z.string(), z.string()).parse(answer.headers),
      body: answer.body ?? "",
    };
  };
  const screen = new SlackScreen(post, () => on.nowMs);
  on.onTold = async (request) => screen.take(request);
  let worked = 0;
  /** Works off the queue of messages to chats, which a run under way never empties. */
  const told = async (most = Number.POSITIVE_INFINITY) => {
    for (let at = 0; worked < on.sent.length && at < most; worked++, at++) {
      const message = on.sent[worked];
      if (message?.queue !== "notify") continue;
      on.nowMs += message.delaySeconds * 1000;
      const Records = [{ messageId: "m", body: JSON.stringify(message.request) }];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
      const answer = await on.call(notify, { Records } as unknown as SQSEvent);
      expect(answer.batchItemFailures).toStrictEqual([]);
    }
  };
  const cancelledAtMs = async () =>
    (await on.item({ pk: "R#web", sk: `run#${web.id.slice(4)}` })).cancelAtMs;
  return { on, web, post, screen, told, cancelledAtMs };
}

describe("a button on Slack", () => {
  async function asked(is: Partial<Workspace> = {}) {
    const s = stage("slack", is);
    const answer = await s.post(slackRequest({ text: "cancel web", id: "t-1", nowMs: s.on.nowMs }));
    return { ...s, question: s.screen.show(answer, ANNA) };
  }

  it("cancels: the channel is told, and the question goes", async () => {
    const s = await asked();
    await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs });
    expect(await s.cancelledAtMs()).toBe(s.on.nowMs);
    expect(s.screen.messages).toStrictEqual([s.question]);
    await s.told();
    expect(s.screen.messages).toMatchObject([
      {
        text: expect.stringContaining("web: the run is being cancelled"),
        onlyTo: null,
        buttons: [],
      },
    ]);
  });

  it("a press that comes again does and tells nothing more", async () => {
    const s = await asked();
    const press = await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs });
    await s.told();
    await press.again();
    await s.told();
    expect(s.screen.messages).toHaveLength(1);
  });

  it("after two minutes the answer takes the place of the question", async () => {
    const s = await asked();
    s.on.nowMs += 2 * 60_000;
    await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs });
    await s.told();
    expect(await s.cancelledAtMs()).toBeNull();
    expect(s.screen.messages).toMatchObject([
      { text: expect.stringContaining("There is nothing to confirm"), onlyTo: ANNA, buttons: [] },
    ]);
  });

  it("is of no use with another secret", async () => {
    const s = await asked();
    const press = s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs, secret: "guessed" });
    await expect(press).rejects.toThrow("401");
    expect(await s.cancelledAtMs()).toBeNull();
  });

  it.each([
    ["another workspace", { home: "T0THERTEAM" }],
    ["another organisation", { home: "E0THER", enterprise: "E0URS" }],
  ])("is of no use to the same id of %s, whatever the rules say of anybody", async (_of, other) => {
    const s = await asked();
    const press = s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs, ...other });
    await expect(press).rejects.toThrow("401");
    expect(await s.cancelledAtMs()).toBeNull();
  });

  it("cancels for a user of the workspace's own organisation", async () => {
    const s = await asked();
    const own = { home: "E0URS", enterprise: "E0URS" };
    await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs, ...own });
    expect(await s.cancelledAtMs()).toBe(s.on.nowMs);
  });

  it("tells again what Slack did not take, and never more than it takes", async () => {
    const s = await asked();
    let outages = 2;
    s.on.onTold = async (request) =>
      outages-- > 0
        ? { kind: "response", status: 503, headers: {}, text: "" }
        : s.screen.take(request);
    await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs });
    await s.told();
    expect(s.screen.messages).toMatchObject([{ onlyTo: null }]);
    expect(s.on.told).toHaveLength(4);

    const lost = await asked();
    lost.on.onTold = async () => ({ kind: "failure", sent: true, reason: "no answer" });
    await lost.screen.press(lost.question, { id: "p-1", nowMs: lost.on.nowMs });
    await lost.told();
    expect(lost.on.told).toHaveLength(5);
  });

  it("keeps the address sealed, and forgets it once all is told", async () => {
    const s = await asked();
    await s.screen.press(s.question, { id: "p-1", nowMs: s.on.nowMs });
    const stored = () => JSON.stringify([...s.on.store.table.items.values()]);
    expect(stored()).not.toContain("hooks.slack.com/actions");
    await s.told();
    expect(stored()).toContain('\\"address\\":\\"\\"');
  });

  it("of a run that waits for approval leads whoever may approve to the question", async () => {
    const s = stage("slack", { bot_token: "xoxb-0123456789-abcdefghij" });
    const answer = await s.post(
      slackRequest({ text: "refresh web", id: "t-1", nowMs: s.on.nowMs }),
    );
    s.screen.show(answer, ANNA);
    const first = s.on.sent.find(({ queue }) => queue === "prepare-source");
    const id = `web-${first?.request.key.sk.replace("run#", "")}`;
    const asking = {
      ...(await s.on.run(id)),
      step: "promote-image" as const,
      candidate: candidate(),
    };
    const images = { image: image({ properties: { os_version: "12.8" } }), current: null };
    s.on.putRun({ ...asking, ...askForApproval(asking, images, s.on.nowMs) }, 2);
    let shown = null;
    s.on.onTold = async (request) => {
      if (!request.url.startsWith("https://slack.com/api/")) return s.screen.take(request);
      const body = z.looseObject({ blocks: z.unknown() }).parse(JSON.parse(request.body ?? ""));
      shown = s.screen.show(
        {
          status: 200,
          headers: {},
          body: JSON.stringify({ response_type: "in_channel", text: "t", blocks: body.blocks }),
        },
        ANNA,
      );
      return { kind: "response", status: 200, headers: {}, text: '{"ok":true,"ts":"1.1"}' };
    };
    s.on.nowMs += 3000;
    await s.told(3);
    expect(shown).toMatchObject({
      buttons: [
        { label: "Approve…", value: `/regild approve ${id}`, actionId: "regild" },
        { label: "Reject…", value: `/regild reject ${id}`, actionId: "regild-2" },
      ],
    });
  });
});

describe("a button on Mattermost", () => {
  async function asked(allow: Workspace["allow"] = [ANYBODY_ANYTHING]) {
    const s = stage("mattermost", { button_url: BUTTON_URL, allow });
    const answer = await s.post(
      mattermostRequest({ text: "cancel web", id: "t-1", nowMs: s.on.nowMs }),
    );
    return { ...s, answer, button: new MattermostButtons(answer, s.post) };
  }

  it("cancels, and tells whoever pressed it", async () => {
    const s = await asked();
    expect(await s.button.press({ id: "p-1" })).toContain("the run is being cancelled");
    expect(s.button.asked).toStrictEqual([BUTTON_URL]);
    expect(await s.cancelledAtMs()).toBe(s.on.nowMs);
    expect(await s.button.press({ id: "p-2" })).toContain("There is nothing to confirm");
  });

  it.each([
    ["another user", { user: "somebody-else-of-26-charac" }],
    ["another channel", { channel: "another-channel-of-26-char" }],
  ])("is of no use to %s", async (_who, other) => {
    const s = await asked();
    await expect(s.button.press({ id: "p-1", ...other })).rejects.toThrow("status=401");
    expect(await s.cancelledAtMs()).toBeNull();
    expect(await s.button.press({ id: "p-2" })).toContain("the run is being cancelled");
  });

  it("is of no use after two minutes", async () => {
    const s = await asked();
    s.on.nowMs += 2 * 60_000;
    await expect(s.button.press({ id: "p-1" })).rejects.toThrow("status=401");
    expect(await s.cancelledAtMs()).toBeNull();
  });

  it("is of no use once its user may not cancel any more", async () => {
    const s = await asked();
    s.on.chat.set("ops", { ...workspaceOf("mattermost"), button_url: BUTTON_URL, allow: [] });
    expect(await s.button.press({ id: "p-1" })).toContain("You may not use cancel");
    expect(await s.cancelledAtMs()).toBeNull();
  });

  it("is of no use with one character of it changed", async () => {
    const s = await asked();
    const request = s.button.request({ id: "p-1" });
    const body = z
      .looseObject({ context: z.object({ regild: z.string() }) })
      .parse(JSON.parse(request.body));
    const { regild: signed } = body.context;
    for (let at = 0; at < signed.length; at++) {
      const other = signed[at] === "A" ? "B" : "A";
      const regild = signed.slice(0, at) + other + signed.slice(at + 1);
      const forged = { ...request, body: JSON.stringify({ ...body, context: { regild } }) };
      expect((await s.post(forged)).status).toBe(401);
    }
    expect(await s.cancelledAtMs()).toBeNull();
  });

  describe("of a bot's message on a run that waits for approval", () => {
    const BOT = { url: "https://chat.example.com", bot_token: "bot-token-of-26-characters" };

    async function waiting(is: Partial<Workspace> = {}) {
      const s = stage("mattermost", { button_url: BUTTON_URL, ...BOT, ...is });
      const posts: Array<{ method: string; body: string }> = [];
      s.on.onTold = async ({ method, body = "" }) => {
        posts.push({ method, body });
        return { kind: "response", status: 200, headers: {}, text: '{"id":"post"}' };
      };
      await s.post(mattermostRequest({ text: "refresh web", id: "t-1", nowMs: s.on.nowMs }));
      const first = s.on.sent.find(({ queue }) => queue === "prepare-source");
      const id = `web-${first?.request.key.sk.replace("run#", "")}`;
      const asking = {
        ...(await s.on.run(id)),
        recipe: recipe({ promote: "approve" }),
        step: "promote-image" as const,
        candidate: candidate(),
      };
      const images = { image: image({ properties: { os_version: "12.8" } }), current: null };
      s.on.putRun({ ...asking, ...askForApproval(asking, images, s.on.nowMs) }, 2);
      s.on.nowMs += 3000;
      await s.told(3);
      const body = posts.at(-1)?.body ?? "";
      const button = (at: number) => new MattermostButtons({ body }, s.post, at);
      return { ...s, id, posts, button };
    }

    it("leads whoever may approve to the question, on anybody's press", async () => {
      const s = await waiting();
      const shown = await s.button(0).press({ id: "p-1", user: "another-user-of-26-charact" });
      expect(shown).toContain("Make web-try001 the current image of web?");
      expect((await s.on.run(s.id)).approval?.decision).toBeNull();
      const confirm = /confirm [0-9a-z]{6}/.exec(shown)?.[0] ?? "";
      const user = "another-user-of-26-charact";
      await s.post(mattermostRequest({ text: confirm, id: "t-2", nowMs: s.on.nowMs, user }));
      expect((await s.on.run(s.id)).approval?.decision).toMatchObject({ kind: "approved" });
    });

    it("asks whoever rejects for the reason", async () => {
      const s = await waiting();
      expect(await s.button(1).press({ id: "p-1" })).toContain(
        `/regild reject ${s.id} the service`,
      );
      expect((await s.on.run(s.id)).approval?.decision).toBeNull();
    });

    it("gives no right, is of no use in another channel, and goes with the question", async () => {
      const reader: Workspace["allow"] = [{ commands: ["refresh"], recipes: "any", users: "any" }];
      const s = await waiting({ allow: reader });
      expect(await s.button(0).press({ id: "p-1" })).toContain("You may not use approve");
      const elsewhere = s.button(0).press({ id: "p-2", channel: "another-channel-of-26-char" });
      await expect(elsewhere).rejects.toThrow("status=401");
      const ended = { ...(await s.on.run(s.id)), outcome: "cancelled" as const, endedAtMs: NOW };
      s.on.putRun(ended, 3);
      s.on.nowMs += 60_000;
      await s.told(3);
      expect(s.posts.at(-1)).toMatchObject({
        method: "PUT",
        body: expect.stringContaining('"attachments":[]'),
      });
    });

    it("is not there without button_url", async () => {
      const { button_url: _, ...rest } = { ...workspaceOf("mattermost"), ...BOT };
      const s = await waiting();
      expect(s.posts.at(-1)?.body).toContain("Approve…");
      const without = stage("mattermost", rest);
      let body = "";
      without.on.onTold = async (request) => {
        body = request.body ?? "";
        return { kind: "response", status: 200, headers: {}, text: '{"id":"post"}' };
      };
      await without.post(mattermostRequest({ text: "refresh web", id: "t-1", nowMs: NOW }));
      without.on.nowMs += 3000;
      await without.told(3);
      expect(body).toContain('"attachments":[]');
    });
  });

  it("is not there where the server was not told where presses go", async () => {
    const s = stage("mattermost");
    const answer = await s.post(
      mattermostRequest({ text: "cancel web", id: "t-1", nowMs: s.on.nowMs }),
    );
    expect(answer.body).not.toContain("attachments");
    expect(answer.body).toMatch(/confirm [0-9a-z]{6}/);
  });
});
