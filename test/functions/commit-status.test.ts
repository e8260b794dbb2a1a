import { describe, expect, it } from "vitest";
import type { CallbackTarget } from "../../shared/callback/target.ts";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { read } from "../../shared/protocol/actor.ts";
import { deadLetters } from "../../shared/protocol/dead-letter.ts";
import { recordOf, retryDeadLetter, standingOf } from "../../shared/protocol/retry-dead-letter.ts";
import { start } from "../../shared/protocol/start.ts";
import { fillInputs } from "../../shared/recipe/inputs.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { callbackSchema } from "../../shared/run/callback.ts";
import { callbackKey } from "../../shared/run/callback-key.ts";
import { GitHubServer } from "../commits/github.ts";
import { GitLabServer } from "../commits/gitlab.ts";
import { candidate, HOUR, MINUTE, recipe, type run } from "../unit/builders.ts";
import { deliver, failRun, sweepAndNotify } from "./deliver.ts";
import { handler as notify } from "../../functions/notify/handler.ts";
import { Installation } from "./installation.ts";

const SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
const TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const GITHUB: CallbackTarget = { type: "github", token: TOKEN, repositories: ["example/*"] };
const GITLAB: CallbackTarget = {
  type: "gitlab",
  url: "https://gitlab.example.com/api/v4",
  token: "glpat-a-token-of-gitlab",
  repositories: ["example/images/*"],
};

const CONTEXT = "regild/web";
const input = { from: null, type: "string", pattern: null, default: "none", value: null } as const;
const ofInputs = (to: string): Recipe =>
  recipe({
    commitStatus: { to, repository: "${{ inputs.repository }}", sha: "${{ inputs.sha }}" },
    inputs: { repository: input, sha: input },
  });

/** A run that a build has started for a commit, of a server that is not there. */
async function stage(
  target: CallbackTarget,
  server: { answer: (request: HttpRequest) => HttpResponse },
  given: { repository: string; sha: string },
) {
  const on = new Installation();
  on.callbacks.set("host", target);
  on.onTold = async (request) => server.answer(request);
  const filled = fillInputs(ofInputs("host"), given);
  if ("problem" in filled) throw new Error(filled.problem);
  const trigger = { kind: "webhook", by: "ci", id: "ci d1" } as const;
  const id = await start(on.backend, "home01home02", filled.recipe, trigger);
  const record = async () =>
    read(await on.item(callbackKey(id, "commit-status")), callbackSchema).doc;
  const pass = async (ms: number): Promise<void> => {
    on.nowMs += ms;
    await sweepAndNotify(on);
  };
  const end = async (is: Parameters<typeof run>[0]): Promise<void> => {
    const { version } = await on.item({ pk: "R#web", sk: `run#${id.slice("web-".length)}` });
    on.putRun({ ...(await on.run(id)), endedAtMs: on.nowMs, ...is }, version + 1);
    await pass(11 * MINUTE);
  };
  return { on, id, record, pass, end, fail: () => failRun(on, id) };
}

function github(api = "https://api.github.com") {
  const server = new GitHubServer({ api, token: TOKEN });
  server.addCommit("example/web", SHA);
  return server;
}

describe("a commit at GitHub", () => {
  const of = { repository: "example/web", sha: SHA };

  it("is pending soon after the start, and shows the failure with the run's page", async () => {
    const server = github();
    const url = "https://regild.example.com/runs/${{ run }}";
    const s = await stage({ ...GITHUB, target_url: url }, server, of);
    await s.pass(3000);
    const target = `https://regild.example.com/runs/${s.id}`;
    expect(server.shown("example/web", SHA, CONTEXT)).toEqual({
      state: "pending",
      context: CONTEXT,
      description: "The image is being made",
      target_url: target,
    });
    await s.pass(30 * MINUTE);
    expect(server.requests).toBe(1);
    await s.fail();
    await s.pass(1000);
    expect(server.shown("example/web", SHA, CONTEXT)).toMatchObject({
      state: "failure",
      description: expect.stringMatching(/^No new image: .*server/),
      target_url: target,
    });
    expect(await s.record()).toMatchObject({ failure: null, doneAtMs: s.on.nowMs });
    await s.pass(HOUR);
    expect(server.statuses("example/web", SHA)).toHaveLength(2);
    const all = JSON.stringify([...s.on.store.table.items.values()]) + s.on.logged.join("\n");
    expect(all).not.toContain(TOKEN);
  });

  it.each([
    [{ outcome: "succeeded" as const, imageName: "web-1", candidate: candidate() }, "success"],
    [{ outcome: "cancelled" as const }, "error"],
    [{ outcome: "skipped" as const }, "error"],
  ])("shows %o as %s", async (is, state) => {
    const server = github();
    const s = await stage(GITHUB, server, of);
    await s.end(is);
    expect(server.shown("example/web", SHA, CONTEXT)).toMatchObject({ state, target_url: null });
  });

  it("gets a text that it takes, however long the cloud's message is", async () => {
    const server = github();
    const s = await stage(GITHUB, server, of);
    const message = "🔥 ü\n".repeat(200);
    const failure = { code: "c", message, remedy: "r", step: "check-status", atMs: 0 } as const;
    await s.end({ outcome: "failed", failure: { ...failure, evidence: [] } });
    const { description } = server.shown("example/web", SHA, CONTEXT) ?? {};
    expect(Array.from(description ?? "")).toHaveLength(140);
    expect(description).toMatch(/🔥 ü.*…$/u);
  });

  it("is on an Enterprise Server where its API is, and repositories have no case", async () => {
    const api = "https://github.example.com/api/v3";
    const server = github(api);
    const s = await stage({ ...GITHUB, url: `${api}/` }, server, {
      ...of,
      repository: "Example/Web",
    });
    await s.pass(3000);
    expect(server.statuses("example/web", SHA)).toMatchObject([{ state: "pending" }]);
  });

  it("is told again until the host answers", async () => {
    const server = github();
    server.outage = 502;
    const s = await stage(GITHUB, server, of);
    for (let minutes = 0; minutes < 20; minutes++) await s.pass(MINUTE);
    expect(server.requests).toBeGreaterThan(8);
    await s.fail();
    server.outage = null;
    for (let minutes = 0; minutes < 5; minutes++) await s.pass(MINUTE);
    expect(server.statuses("example/web", SHA)).toMatchObject([{ state: "failure" }]);
  });
});

describe("a commit at GitLab", () => {
  const of = { repository: "example/images/web", sha: SHA };
  const gitlab = () => {
    const server = new GitLabServer(GITLAB.token ?? "");
    server.addCommit(of.repository, SHA);
    return server;
  };

  it.each([
    [{ outcome: "succeeded" as const, candidate: candidate() }, "success"],
    [{ outcome: "failed" as const }, "failed"],
    [{ outcome: "cancelled" as const }, "canceled"],
  ])("is pending, then %o is %s", async (is, state) => {
    const server = gitlab();
    const s = await stage(GITLAB, server, of);
    await s.pass(3000);
    expect(server.statuses(of.repository, SHA)).toMatchObject([{ state: "pending" }]);
    await s.end(is);
    expect(server.statuses(of.repository, SHA)).toMatchObject([{ state, name: CONTEXT }]);
    expect(await s.record()).toMatchObject({ failure: null, failures: 0 });
  });

  it("takes no second pending, which is no failure: the answer to the first was lost", async () => {
    const server = gitlab();
    server.lost = 1;
    const s = await stage(GITLAB, server, of);
    await s.pass(3000);
    await s.pass(MINUTE);
    expect(await s.record()).toMatchObject({ isBegun: true, failures: 0, failure: null });
    await s.end({ outcome: "succeeded", candidate: candidate() });
    expect(server.statuses(of.repository, SHA)).toMatchObject([{ state: "success" }]);
  });
});

describe("a status that no host takes", () => {
  const unknown = "a".repeat(40);

  it("of a repository that regild.yml does not list is sent nowhere", async () => {
    const server = github();
    server.addCommit("stranger/web", SHA);
    for (const repository of ["stranger/web", "example/web/more", "x-example/web"]) {
      const s = await stage(GITHUB, server, { repository, sha: SHA });
      await s.pass(3000);
      expect(s.on.told).toEqual([]);
      expect((await s.record()).failure).toContain("does not list its repository");
    }
  });

  it("is a dead letter, and retry sends it again once the commit is there", async () => {
    const server = github();
    const s = await stage(GITHUB, server, { repository: "example/web", sha: unknown });
    await s.pass(3000);
    expect(await s.record()).toMatchObject({ failure: "github answered 422" });
    await s.fail();
    const { store } = s.on;
    const [letter, ...others] = await deadLetters(store, s.on.nowMs);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      kind: "callback",
      id: `commit-status-${s.id}`,
      done: "given_up",
      error: { message: "github answered 422" },
    });
    if (letter === undefined) return;
    expect(standingOf(letter, await recordOf(store, letter))).toBe("stuck");
    server.addCommit("example/web", unknown);
    s.on.nowMs += HOUR;
    const refuse = () => Promise.reject(new Error("not put back"));
    expect(await retryDeadLetter(s.on.backend, letter, refuse)).toMatchObject({ kind: "send" });
    await deliver(s.on, notify, "notify");
    expect(server.statuses("example/web", unknown)).toMatchObject([{ state: "failure" }]);
    expect(standingOf(letter, await recordOf(store, letter))).toBe("resolved");
    expect(await retryDeadLetter(s.on.backend, letter, refuse)).toMatchObject({ kind: "refuse" });
  });

  it("is given up a day after the run's end, and counted once more when retry does not help", async () => {
    const server = github();
    server.outage = 503;
    const s = await stage(GITHUB, server, { repository: "example/web", sha: SHA });
    await s.fail();
    for (let hour = 0; hour < 30; hour++) await s.pass(HOUR);
    const [letter] = await deadLetters(s.on.store, s.on.nowMs);
    expect(letter).toMatchObject({ count: 1, error: { message: "github answered 503" } });
    if (letter === undefined) return;
    await retryDeadLetter(s.on.backend, letter, () => Promise.reject(new Error("not put back")));
    s.on.nowMs += MINUTE;
    await deliver(s.on, notify, "notify");
    const [again] = await deadLetters(s.on.store, s.on.nowMs);
    expect(again).toMatchObject({ count: 2 });
    const standing = again && standingOf(again, await recordOf(s.on.store, again));
    expect(standing).toBe("stuck");
  });
});

describe("a start", () => {
  it("that is about no commit shows no status", async () => {
    const on = new Installation();
    const filled = fillInputs(ofInputs("host"), {});
    if ("problem" in filled) throw new Error(filled.problem);
    const trigger = { kind: "schedule", by: "02:30", id: "t1" } as const;
    const id = await start(on.backend, "home01home02", filled.recipe, trigger);
    expect(await on.store.get(callbackKey(id, "commit-status"))).toBeNull();
  });

  it.each([
    [{ repository: "example/web", sha: "6dcb09b" }, "sha is not the whole id"],
    [{ repository: "example/web", sha: "6dcb09b5b57875f334f61aebed695e2e4193db5g" }, "sha is not"],
    [{ repository: "web", sha: SHA }, "repository is no repository"],
    [{ repository: "../web", sha: SHA }, "repository is no repository"],
    [{ repository: "example/..", sha: SHA }, "repository is no repository"],
    [{ repository: "example/web?x=1", sha: SHA }, "repository is no repository"],
  ])("with %o does not begin", (given, problem) => {
    expect(fillInputs(ofInputs("host"), given)).toEqual({
      problem: expect.stringContaining(`commit_status.${problem}`),
    });
  });
});
