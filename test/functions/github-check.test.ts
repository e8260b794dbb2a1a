import { expect, it } from "vitest";
import type { CallbackTarget } from "../../shared/callback/target.ts";
import { read } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { callbackSchema } from "../../shared/run/callback.ts";
import { callbackKey } from "../../shared/run/callback-key.ts";
import { APP_ID, APP_KEY, GitHubChecks } from "../commits/github-checks.ts";
import { candidate, HOUR, MINUTE, recipe, type run } from "../unit/builders.ts";
import { sweepAndNotify } from "./deliver.ts";
import { Installation } from "./installation.ts";

const SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
let apps = 0;

/** A run for a commit, whose check an app writes. Each test has an app of its own, as tokens are kept by the process. */
async function stage(is: Partial<CallbackTarget> = {}, sha = SHA) {
  const on = new Installation();
  const server = new GitHubChecks({ repository: "example/web", sha: SHA, now: () => on.nowMs });
  on.callbacks.set("checks", {
    type: "github_app",
    app_id: APP_ID,
    private_key: APP_KEY.privateKey,
    repositories: ["example/*"],
    url: `https://github-${apps++}.example.com`,
    ...is,
  });
  on.onTold = async (request) => server.answer(request);
  const of = recipe({ commitStatus: { to: "checks", repository: "example/web", sha } });
  const id = await start(on.backend, "home01home02", of, { kind: "webhook", by: "ci", id: "d1" });
  const record = async () =>
    read(await on.item(callbackKey(id, "commit-status")), callbackSchema).doc;
  const pass = async (ms: number): Promise<void> => {
    on.nowMs += ms;
    await sweepAndNotify(on);
  };
  const end = async (ended: Parameters<typeof run>[0]): Promise<void> => {
    const { version } = await on.item({ pk: "R#web", sk: `run#${id.slice("web-".length)}` });
    on.putRun({ ...(await on.run(id)), endedAtMs: on.nowMs, ...ended }, version + 1);
    await pass(11 * MINUTE);
  };
  return { on, server, id, record, pass, end };
}

it("is in progress soon after the start, then completed with the image, as one check", async () => {
  const s = await stage({ target_url: "https://regild.example.com/runs/${{ run }}" });
  await s.pass(3000);
  expect(s.server.checks).toMatchObject([
    {
      name: "regild/web",
      head_sha: SHA,
      external_id: s.id,
      status: "in_progress",
      details_url: `https://regild.example.com/runs/${s.id}`,
      output: { title: "The image is being made" },
    },
  ]);
  const made = candidate();
  await s.end({ outcome: "succeeded", imageName: "web-@all\n```\n*1*", candidate: made });
  expect(s.server.checks).toMatchObject([{ status: "completed", conclusion: "success" }]);
  const { summary = "" } = s.server.checks[0]?.output ?? {};
  expect(summary).toContain(made.id);
  expect(summary).toMatch(/^```text\n[^`]*@all[^`]*\n```$/);
  expect(await s.record()).toMatchObject({ failure: null, failures: 0, doneAtMs: s.on.nowMs });
  expect(s.server.tokensMade).toBe(1);
});

it.each([
  [{ outcome: "cancelled" as const }, "cancelled"],
  [{ outcome: "skipped" as const }, "skipped"],
  [
    {
      outcome: "failed" as const,
      failure: {
        code: "c",
        message: "m",
        remedy: "r",
        step: "check-status" as const,
        atMs: 0,
        evidence: [],
      },
    },
    "failure",
  ],
])("shows %o as %s", async (ended, conclusion) => {
  const s = await stage();
  await s.end(ended);
  expect(s.server.checks).toMatchObject([{ status: "completed", conclusion }]);
});

it("is found again when the answer to its creation was lost, also among many of its name", async () => {
  const s = await stage();
  for (let id = 1; id <= 130; id++) {
    s.server.checks.push({
      id: 1000 + id,
      name: "regild/web",
      head_sha: SHA,
      external_id: `other-${id}`,
      status: "queued",
    });
  }
  s.server.lost = 1;
  await s.pass(3000);
  s.server.checks.unshift(...s.server.checks.splice(-1)); // the oldest of them
  for (let at = 0; at < 5; at++) await s.pass(MINUTE);
  expect(await s.record()).toMatchObject({ isBegun: true, failures: 0 });
  await s.end({ outcome: "succeeded", candidate: candidate() });
  const own = s.server.checks.filter((check) => check.external_id === s.id);
  expect(own).toMatchObject([{ conclusion: "success" }]);
  expect(s.server.checks).toHaveLength(131);
});

it("is made once by two workers that have the same message", async () => {
  const s = await stage();
  s.on.nowMs += 3000;
  await Promise.all([sweepAndNotify(s.on), sweepAndNotify(s.on)]);
  await s.pass(5 * MINUTE);
  expect(s.server.checks).toHaveLength(1);
});

it("asks for another token after an hour, and after one was revoked", async () => {
  const s = await stage();
  await s.pass(3000);
  s.on.nowMs += HOUR;
  await s.end({ outcome: "failed" });
  expect(s.server.checks).toMatchObject([{ conclusion: "failure" }]);
  expect(s.server.tokensMade).toBe(2);

  const revoked = await stage();
  await revoked.pass(3000);
  revoked.server.revokeTokens();
  await revoked.end({ outcome: "failed" });
  await revoked.pass(MINUTE);
  expect(revoked.server.checks).toMatchObject([{ conclusion: "failure" }]);
});

it("is told again until the app is installed, may write, and the host answers", async () => {
  const s = await stage();
  s.server.isInstalled = false;
  await s.pass(3000);
  expect(s.on.logged.join("\n")).toContain("the app is not installed for its repository");
  s.server.isInstalled = true;
  s.server.mayWrite = false;
  await s.pass(MINUTE);
  expect(s.on.logged.join("\n")).toContain("the app has no permission to write checks");
  s.server.mayWrite = true;
  s.server.outage = 502;
  await s.pass(3 * MINUTE);
  s.server.outage = null;
  for (let at = 0; at < 3; at++) await s.pass(2 * MINUTE);
  expect(s.server.checks).toMatchObject([{ status: "in_progress" }]);
});

it("is given up where the commit is not there or the repository is not listed", async () => {
  const s = await stage({}, "a".repeat(40));
  await s.pass(3000);
  expect((await s.record()).failure).toBe("github answered 422");
  const other = await stage({ repositories: ["stranger/*"] });
  await other.pass(3000);
  expect((await other.record()).failure).toContain("does not list its repository");
  expect(other.on.told).toEqual([]);
});

it("leaves neither the key nor a token in records and log", async () => {
  const s = await stage();
  await s.pass(3000);
  s.server.outage = 401;
  await s.end({ outcome: "failed" });
  const all = JSON.stringify([...s.on.store.table.items.values()]) + s.on.logged.join("\n");
  expect(all).not.toContain("ghs_");
  expect(all).not.toContain(APP_KEY.privateKey.split("\n")[1] ?? "");
  expect(all).not.toMatch(/eyJ[\w-]+\.eyJ/);
});
