import type { APIGatewayProxyEventV2, SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { handler as onCommand } from "../../functions/on-command/handler.ts";
import { handler as notify } from "../../functions/notify/handler.ts";
import { handler as sweep } from "../../functions/sweep/handler.ts";
import { reportSchema } from "../../shared/chat/report/report.ts";
import { read } from "../../shared/protocol/actor.ts";
import { PLATFORMS, type PlatformName, type Workspace } from "../../shared/chat/workspace.ts";
import type { Run } from "../../shared/run/record.ts";
import {
  DISCORD_BOT,
  LaterMessages,
  MATTERMOST_BOT,
  MATTERMOST_URL,
  SLACK_BOT,
} from "../chat/later.ts";
import {
  discordRequest,
  mattermostRequest,
  slackRequest,
  teamsRequest,
  type Written,
} from "../chat/requests.ts";
import { workspaceOf } from "../chat/workspaces.ts";
import { candidate, recipeState, NOW, recipe } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const REQUEST = {
  slack: slackRequest,
  mattermost: mattermostRequest,
  discord: discordRequest,
  teams: teamsRequest,
} as const satisfies Record<PlatformName, (written: Written) => unknown>;

const BOTS: Partial<Record<PlatformName, Partial<Workspace>>> = {
  slack: { bot_token: SLACK_BOT },
  mattermost: { bot_token: MATTERMOST_BOT, url: MATTERMOST_URL },
  discord: { bot_token: DISCORD_BOT },
};

/** A refresh was started from that chat; its run is worked on by hand. */
async function stage(platform: PlatformName, is: Partial<Workspace> = {}) {
  const on = new Installation();
  on.recipes.set("web", recipe({ name: "web" }));
  on.chat.set("ops", { ...workspaceOf(platform), ...is });
  const chat = new LaterMessages(() => on.nowMs);
  on.onTold = async (request) => chat.send(request);
  const { headers, body } = REQUEST[platform]({ text: "refresh web", id: "t-1", nowMs: on.nowMs });
  const event = { pathParameters: { workspace: "ops" }, headers, body, isBase64Encoded: false };
  const ask = () =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
    on.call(onCommand, event as unknown as APIGatewayProxyEventV2);
  await ask();
  const first = on.sent.find(({ queue }) => queue === "prepare-source");
  const id = `web-${first?.request.key.sk.replace("run#", "")}`;
  let version = 1;
  const run = async (changes: Partial<Run>): Promise<void> => {
    version += 1;
    on.putRun({ ...(await on.run(id)), reconcileAtMs: on.nowMs + 20_000, ...changes }, version);
  };
  const reportOf = async () => {
    const [item] = (await on.store.range("R#web", "report#", 5)).items;
    return item === undefined ? undefined : read(item, reportSchema);
  };
  /** Works off the queue until that time. */
  const until = async (untilMs: number): Promise<void> => {
    for (;;) {
      const at = on.sent.findLastIndex(({ queue }) => queue === "notify");
      const message = on.sent[at];
      const report = await reportOf();
      if (message === undefined || report === undefined) break;
      const dueMs = Math.max(on.nowMs, report.doc.dueAtMs);
      if (dueMs > untilMs || message.request.version !== report.version) break;
      if (report.doc.doneAtMs !== null) break;
      on.nowMs = dueMs;
      const Records = [{ messageId: "m", body: JSON.stringify(message.request) }];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
      const answer = await on.call(notify, { Records } as unknown as SQSEvent);
      expect(answer.batchItemFailures).toEqual([]);
    }
    on.nowMs = untilMs;
  };
  const isDone = async () => (await reportOf())?.doc.doneAtMs != null;
  return { on, chat, id, run, ask, until, reportOf, isDone };
}

const MINUTE = 60_000;
const uploading = (askedAtMs: number): Partial<Run> => ({
  step: "check-status",
  candidate: candidate({ askedAtMs }),
});
const success = (endedAtMs: number): Partial<Run> => ({
  outcome: "succeeded",
  step: "clean-up-snapshots",
  imageName: "web-20261123-k3f9q2",
  endedAtMs,
});

describe.each(["slack", "mattermost", "discord"] as const)("%s with a bot token", (platform) => {
  it("has one message per run, edited with the progress, until the image is current", async () => {
    const s = await stage(platform, BOTS[platform]);
    s.on.putRecipeState(recipeState({ uploadSeconds: [600] }));
    await s.until(NOW + 20_000);
    expect(s.chat.messages).toHaveLength(1);
    expect(s.chat.messages[0]?.text).toContain("web: prepare-source");

    await s.run(uploading(NOW + 20_000));
    await s.until(NOW + 5 * MINUTE);
    expect(s.chat.messages).toHaveLength(1);
    expect(s.chat.messages[0]?.text).toMatch(
      /check-status, about \d min left(\*\*)? *\n█+░+ \d+ %/,
    );
    expect(s.chat.messages[0]?.edits).toBeGreaterThan(2);
    expect(s.chat.requests).toBeLessThan(25);

    await s.run(success(s.on.nowMs));
    await s.until(NOW + 8 * MINUTE);
    const [message, ...others] = s.chat.messages;
    expect(others).toEqual([]);
    expect(message?.text).toContain("web: the new image is current");
    expect(message?.text).toContain("web-20261123-k3f9q2");
    expect(await s.isDone()).toBe(true);
    expect(s.on.requests).toEqual([]);
  });

  it("an upload of three hours is told to its end", async () => {
    const s = await stage(platform, BOTS[platform]);
    await s.run(uploading(NOW));
    await s.until(NOW + 180 * MINUTE);
    expect(await s.isDone()).toBe(false);
    await s.run(success(s.on.nowMs));
    await s.until(NOW + 185 * MINUTE);
    expect(s.chat.messages.at(-1)?.text).toContain("web: the new image is current");
    // Discord's first message can be edited for a quarter of an hour only.
    expect(s.chat.messages).toHaveLength(platform === "discord" ? 2 : 1);
  });

  it("an outage of hours loses no end and delays no run", async () => {
    const s = await stage(platform, BOTS[platform]);
    s.chat.outage = 503;
    await s.run(uploading(NOW));
    await s.run(success(NOW + MINUTE));
    await s.until(NOW + 300 * MINUTE);
    expect(s.chat.messages).toEqual([]);
    expect(s.chat.requests).toBeLessThan(40);
    s.chat.outage = null;
    await s.until(NOW + 320 * MINUTE);
    expect(s.chat.messages.at(-1)?.text).toContain("web: the new image is current");
    expect(await s.isDone()).toBe(true);
  });

  it("gives up after a day, and says so in the log", async () => {
    const s = await stage(platform, BOTS[platform]);
    s.chat.outage = 500;
    await s.run(success(NOW + MINUTE));
    await s.until(NOW + 30 * 60 * MINUTE);
    expect(await s.isDone()).toBe(true);
    expect(s.on.logged.join("\n")).toContain("took no message for a day");
  });
});

describe.each(["slack", "mattermost"] as const)("%s without a bot token", (platform) => {
  const is = platform === "mattermost" ? { url: MATTERMOST_URL } : {};

  it("has five messages at most, and the last one is the end", async () => {
    const s = await stage(platform, is);
    const steps = [
      "prepare-source",
      "create-image",
      "check-status",
      "restore-source",
      "validate-sync",
      "promote-image",
      "retire-images",
    ] as const;
    for (const [at, step] of steps.entries()) {
      await s.run({ step });
      await s.until(NOW + (at + 1) * 3 * MINUTE);
    }
    expect(s.chat.messages).toHaveLength(4);
    await s.run(success(s.on.nowMs));
    await s.until(NOW + 25 * MINUTE);
    expect(s.chat.messages).toHaveLength(5);
    expect(s.chat.messages.at(-1)?.text).toContain("web: the new image is current");
    expect(await s.isDone()).toBe(true);
  });

  it("says before the half hour is over that no later message comes", async () => {
    const s = await stage(platform, is);
    await s.run(uploading(NOW));
    await s.until(NOW + 40 * MINUTE);
    expect(s.chat.messages.at(-1)?.text).toContain("This chat takes no later message");
    expect(s.chat.messages.length).toBeLessThanOrEqual(5);
    expect(await s.isDone()).toBe(true);
  });
});

it.each([
  ["mattermost", "without the server's address"],
  ["discord", "without a bot token"],
  ["teams", "which takes no later message"],
] as const)("%s %s is told nothing", async (platform, _why) => {
  const s = await stage(platform);
  expect(await s.reportOf()).toBeUndefined();
  expect(s.on.sent.map(({ queue }) => queue)).toEqual(["prepare-source"]);
});

it("a failure is told with its cause and the next step, and nobody is pinged by it", async () => {
  const s = await stage("slack", BOTS.slack);
  await s.run({
    outcome: "failed",
    endedAtMs: NOW,
    failure: {
      code: "image-vanished",
      message: "The cloud deleted <!channel> @here the image",
      remedy: "Give the request ids to the cloud's operator",
      step: "check-status",
      atMs: NOW,
      evidence: [],
    },
  });
  await s.until(NOW + MINUTE);
  const text = s.chat.messages[0]?.text ?? "";
  expect(text).toContain("web: the refresh FAILED (image-vanished)");
  expect(text).toContain("Next: Give the request ids");
  expect(text).not.toContain("@here");
});

it("a request that comes again opens no second report", async () => {
  const s = await stage("slack", BOTS.slack);
  await s.ask();
  await s.ask();
  const { items } = await s.on.store.range("R#web", "report#", 5);
  expect(items).toHaveLength(1);
});

it("a run that joins another is told of by the one that it joined", async () => {
  const s = await stage("slack", BOTS.slack);
  const other = { ...(await s.on.run(s.id)), id: "web-20261123-093000-aaaaaa", ...success(NOW) };
  s.on.putRun(other, 3);
  await s.run({ outcome: "joined", joinedRunId: other.id, endedAtMs: NOW });
  await s.until(NOW + MINUTE);
  expect(s.chat.messages[0]?.text).toContain("web: the new image is current");
});

it("no record and no log line holds the address, the bot token or the interaction's token", async () => {
  for (const platform of PLATFORMS) {
    const s = await stage(platform, BOTS[platform]);
    await s.until(NOW + MINUTE);
    const all = JSON.stringify([...s.on.store.table.items.values()]) + s.on.logged.join("\n");
    for (const secret of [
      "hooks.slack.com",
      "hooks/commands",
      "A_UNIQUE_TOKEN",
      SLACK_BOT,
      MATTERMOST_BOT,
      DISCORD_BOT,
    ]) {
      expect(all).not.toContain(secret);
    }
  }
});

it("the sweep sends on a report whose message was lost", async () => {
  const s = await stage("slack", BOTS.slack);
  s.on.sent.length = 0;
  s.on.nowMs += 2 * MINUTE;
  await s.on.call(sweep, {});
  expect(s.on.sent.filter(({ queue }) => queue === "notify")).toHaveLength(1);
});

describe("a message without a report", () => {
  async function early() {
    const s = await stage("slack", BOTS.slack);
    const [report] = (await s.on.store.range("R#web", "report#", 5)).items;
    const message = s.on.sent.find(({ queue }) => queue === "notify");
    if (report === undefined || message === undefined) throw new Error("no report");
    s.on.store.table.items.delete(`${report.key.pk}\n${report.key.sk}`);
    const receive = () => {
      const Records = [{ messageId: "m", body: JSON.stringify(message.request) }];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
      return s.on.call(notify, { Records } as unknown as SQSEvent);
    };
    return { ...s, report, receive };
  }

  it("is nothing to do, however often it comes: nothing alarms", async () => {
    const { on, chat, receive } = await early();
    for (const afterMs of [3000, 0, MINUTE]) {
      on.nowMs += afterMs;
      expect((await receive()).batchItemFailures).toEqual([]);
    }
    expect(chat.messages).toEqual([]);
    expect(on.logged.join("\n")).not.toContain("will be received again");
  });

  it("that is written late is told by the sweep", async () => {
    const { on, chat, report, receive, until } = await early();
    on.nowMs += 3000;
    expect((await receive()).batchItemFailures).toEqual([]);
    on.put(report.key, read(report, reportSchema).doc, 1, { sweepAtMs: report.sweepAtMs });
    on.sent.length = 0;
    on.nowMs += 2 * MINUTE;
    await on.call(sweep, {});
    await until(on.nowMs + 5000);
    expect(chat.messages).toHaveLength(1);
  });
});

it("a message that a platform refuses for good ends the report, with the reason in the log", async () => {
  const s = await stage("slack", { bot_token: "xoxb-of-another-workspace" });
  await s.until(NOW + MINUTE);
  expect(await s.isDone()).toBe(true);
  expect(s.on.logged.join("\n")).toContain("invalid_auth");
});
