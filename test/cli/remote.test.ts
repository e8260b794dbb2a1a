import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { Remote } from "../../local/cli/remote/remote.ts";
import { tolerant } from "../../local/cli/remote/tolerant.ts";
import { documentSchema, errorDocument } from "../../local/view/document.ts";
import { historyDocument } from "../../local/view/history.ts";
import { imagesDocument } from "../../local/view/images.ts";
import { pinDocument } from "../../local/view/pin.ts";
import { pauseDocument } from "../../local/view/pause.ts";
import { pointerChangeDocument } from "../../local/view/pointer-change.ts";
import { runsDocument } from "../../local/view/run.ts";
import { runDocument } from "../../local/view/run-report.ts";
import { statusDocument } from "../../local/view/status.ts";
import { newTokenDocument } from "../../local/view/tokens.ts";
import { type Ended, openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let host: Workplace;
let url: string;
/** Without recipes, clouds and data file that would be of use. */
let elsewhere: Workplace;
const env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  host = await openWorkplace();
  host.write(
    "recipes.yml",
    `recipes:
  web: { cloud: demo, server: web }
  data: { cloud: demo, volume: data }
  gated: { cloud: demo, volume: data, promote: approve }
`,
  );
  const serving = host.begin("serve", "--listen", "127.0.0.1:0");
  await serving.said('"serving"');
  url = /"url":"([^"]+)"/.exec(serving.out())?.[1] ?? "";
  elsewhere = await openWorkplace({}, env);
  elsewhere.write("recipes.yml", "recipes: {}");
  Object.assign(env, { REGILD_URL: url, REGILD_TOKEN: await token("admin") });
});
afterAll(async () => {
  await elsewhere[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

async function token(role: string, ...more: string[]): Promise<string> {
  const name = `t${Math.random().toString(36).slice(2)}`;
  const made = await host.regild("token", "create", name, "--role", role, ...more, "-o", "json");
  return newTokenDocument.parse(JSON.parse(made.out)).secret;
}

/** Runs a command there with other variables. */
async function withEnv(is: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const before = { ...env };
  Object.assign(env, is);
  try {
    return await elsewhere.regild(...args);
  } finally {
    Object.assign(env, before);
  }
}

const parsed = <Document>(schema: z.ZodMiniType<Document>, { out }: Ended): Document =>
  schema.parse(JSON.parse(out));
const errorIn = (ended: Ended) => parsed(errorDocument, ended).error;

describe("a command with REGILD_URL", () => {
  it("refreshes, watches to the end, and rolls back; each answer is as on the host itself", async () => {
    const first = await elsewhere.regild("refresh", "web", "--wait");
    expect([first.status, first.out]).toEqual([0, expect.stringContaining("Current for web: ")]);
    expect(first.err).toMatch(/web: [a-z-]+ \(run web-/);
    const second = await elsewhere.regild("refresh", "web", "--wait", "-o", "json");
    expect(parsed(runDocument, second).run.state).toBe("succeeded");

    const back = await elsewhere.regild("rollback", "web", "--reason", "no network", "-o", "json");
    expect([back.status, back.err.includes(env["REGILD_TOKEN"] ?? "-")]).toEqual([0, false]);
    const { change } = parsed(pointerChangeDocument, back);
    expect(change).toMatchObject({ kind: "rolled-back", reason: "no network" });
    expect(change.by).toMatch(/^t\w+ \(token\)$/);

    for (const [args, schema] of [
      [["runs", "web"], runsDocument],
      [["images", "web"], imagesDocument],
      [["history", "web"], historyDocument],
      [["status", "web"], runDocument],
      [["runs", "--state", "succeeded", "--since", "1h", "--limit", "1"], runsDocument],
    ] as const) {
      const [there, here] = await Promise.all([
        elsewhere.regild(...args, "-o", "json"),
        host.regild(...args, "-o", "json"),
      ]);
      expect(() => parsed<unknown>(schema, there)).not.toThrow();
      expect(there.out).toBe(here.out);
    }
    const status = parsed(statusDocument, await elsewhere.regild("status", "-o", "json"));
    expect(status.recipes.map(({ recipe }) => recipe)).toEqual(["web", "data", "gated"]);
  });

  it("pauses and resumes, revokes, and refuses as the host does", async () => {
    const paused = await elsewhere.regild("pause", "data", "--reason", "x", "-o", "json");
    expect(parsed(pauseDocument, paused).recipes).toMatchObject([{ paused: { reason: "x" } }]);
    const refused = await elsewhere.regild("refresh", "data", "-o", "json");
    expect([refused.status, errorIn(refused).code]).toEqual([6, "paused"]);
    expect((await elsewhere.regild("resume", "--all")).status).toBe(0);
    const images = parsed(imagesDocument, await elsewhere.regild("images", "web", "-o", "json"));
    const retired = images.images.find(({ state }) => state === "retired");
    const args = ["revoke", retired?.id ?? "", "--reason", "a key was in it", "-o", "json"];
    const revoked = parsed(pointerChangeDocument, await elsewhere.regild(...args));
    expect(revoked.change).toMatchObject({ kind: "revoked", revoked: { id: retired?.id } });
    const again = await elsewhere.regild(...args);
    expect([again.status, errorIn(again).code]).toEqual([6, "not-possible"]);
  });

  it("pins and unpins an image", async () => {
    const { images } = parsed(
      imagesDocument,
      await elsewhere.regild("images", "web", "-o", "json"),
    );
    const { id = "", name = "" } = images.find(({ state }) => state === "current") ?? {};
    const pinned = await elsewhere.regild("pin", name, "--reason", "4.2 runs on it", "-o", "json");
    expect(parsed(pinDocument, pinned)).toMatchObject({ image: { id }, changed: true });
    const again = await elsewhere.regild("pin", id, "--reason", "4.2 runs on it");
    expect(again).toMatchObject({ status: 0, out: `${name} was pinned\n` });
    expect((await host.regild("images", "web", "-o", "json")).out).toContain("4.2 runs on it");
    const unpinned = await elsewhere.regild("unpin", id, "--recipe", "web");
    expect(unpinned).toMatchObject({
      status: 0,
      out: `${name} is unpinned: the usual rules hold\n`,
    });
    expect(await elsewhere.regild("pin", "nosuch", "--reason", "x")).toMatchObject({ status: 2 });
  });

  it("stops watching where a person has to approve, and approves", async () => {
    const waiting = await elsewhere.regild("refresh", "gated", "--wait");
    expect([waiting.status, waiting.err]).toEqual([5, expect.stringContaining("Waiting for an")]);
    const run = await withEnv(
      { REGILD_TOKEN: await token("run") },
      "approve",
      "gated",
      "-o",
      "json",
    );
    expect([run.status, errorIn(run).code]).toEqual([6, "role-too-small"]);
    const approved = await elsewhere.regild("approve", "gated", "--wait", "-o", "json");
    expect(approved.err).toContain("CANDIDATE");
    expect([approved.status, parsed(runDocument, approved).run.state]).toEqual([0, "succeeded"]);
    const again = await elsewhere.regild("reject", "gated", "--reason", "x", "-o", "json");
    expect([again.status, errorIn(again).code]).toEqual([6, "not-waiting"]);
  });

  it("cancels a run, and watches until it is undone", async () => {
    await using slow = await openWorkplace({ uploadSeconds: () => 600 });
    const serving = slow.begin("serve", "--listen", "127.0.0.1:0");
    await serving.said('"serving"');
    const there = /"url":"([^"]+)"/.exec(serving.out())?.[1] ?? "";
    const made = await slow.regild("token", "create", "ci", "--role", "run", "-o", "json");
    const { secret } = newTokenDocument.parse(JSON.parse(made.out));
    const is = { REGILD_URL: there, REGILD_TOKEN: secret };
    expect((await withEnv(is, "refresh", "web")).status).toBe(0);
    const late = await withEnv(is, "watch", "web", "--timeout", "1s");
    expect([late.status, late.err]).toEqual([5, expect.stringContaining("Go on watching")]);
    const cancelled = await withEnv(is, "cancel", "web", "--wait", "-o", "json");
    expect([cancelled.status, parsed(runDocument, cancelled).run.state]).toEqual([0, "cancelled"]);
  });

  it.each([
    ["no token", async () => ({ REGILD_TOKEN: "" }), ["refresh", "web"], 6, "no-token"],
    ["a wrong token", async () => ({ REGILD_TOKEN: "regild_x" }), ["status"], 6, "token-unknown"],
    [
      "a role too small",
      async () => ({ REGILD_TOKEN: await token("read") }),
      ["refresh", "web"],
      6,
      "role-too-small",
    ],
    [
      "another recipe",
      async () => ({ REGILD_TOKEN: await token("run", "--recipe", "data") }),
      ["refresh", "web"],
      6,
      "other-recipe",
    ],
    ["a mistyped recipe", async () => ({}), ["refresh", "wep"], 2, "not-found"],
    ["an unknown input", async () => ({}), ["refresh", "web", "--input", "a=b"], 2, "wrong-input"],
    [
      "nobody there",
      async () => ({ REGILD_URL: "http://127.0.0.1:9" }),
      ["status"],
      1,
      "host-not-reachable",
    ],
    [
      "no TLS there",
      async () => ({ REGILD_URL: url.replace("http:", "https:") }),
      ["status"],
      1,
      "tls",
    ],
    ["no address", async () => ({ REGILD_URL: "regild" }), ["status"], 2, "wrong-usage"],
    [
      "a password in it",
      async () => ({ REGILD_URL: "https://u:hunter2@h" }),
      ["status"],
      2,
      "wrong-usage",
    ],
    [
      "no encryption",
      async () => ({ REGILD_URL: "http://regild.example.org" }),
      ["status"],
      2,
      "wrong-usage",
    ],
    ["a command of that host", async () => ({}), ["token", "list"], 2, "wrong-usage"],
    ["another command of that host", async () => ({}), ["pin", "x"], 2, "wrong-usage"],
    [
      "two places",
      async () => ({}),
      ["status", "--url", "http://localhost:1", "--data", "x"],
      2,
      "wrong-usage",
    ],
  ])("says what is wrong: %s", async (_what, is, args, status, code) => {
    const more = await is();
    const ended = await withEnv(more, ...args, "-o", "json");
    const error = errorIn(ended);
    expect([ended.status, error.code]).toEqual([status, code]);
    expect(error.remedy).not.toBeNull();
    const secret = "REGILD_TOKEN" in more ? more.REGILD_TOKEN : env["REGILD_TOKEN"];
    expect((ended.out + ended.err).includes(secret === "" ? "no token" : String(secret))).toBe(
      false,
    );
    expect(ended.out + ended.err).not.toContain("hunter2");
  });

  it("says so where something else answers", async () => {
    const other = createServer((_request, response) => void response.writeHead(502).end("<h1>"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? address?.port : 0;
    const ended = await withEnv({ REGILD_URL: `http://127.0.0.1:${port}` }, "status", "-o", "json");
    expect([ended.status, errorIn(ended).code]).toEqual([1, "wrong-host"]);
    other.close();
  });
});

it("an action whose answer is lost is sent again with the same key", async () => {
  const keys: unknown[] = [];
  const flaky = createServer((request, response) => {
    keys.push(request.headers["idempotency-key"]);
    if (keys.length === 1) return void request.socket.destroy();
    response.writeHead(202).end('{"schema":"regild/v1"}');
  });
  flaky.listen(0, "127.0.0.1");
  await once(flaky, "listening");
  const address = flaky.address();
  const port = typeof address === "object" ? address?.port : 0;
  const remote = new Remote(`http://127.0.0.1:${port}`, "t");
  expect((await remote.post("/v1/x", {}, documentSchema)).status).toBe(202);
  expect(keys).toEqual([keys[0], keys[0]]);
  expect(keys[0]).toMatch(/^[\da-f-]{36}$/);
  flaky.close();
});

it("fields that a later version has added are left out, and a wrong document is none", () => {
  const schema = z.strictObject({ a: z.array(z.strictObject({ b: z.string() })) });
  expect(tolerant(schema, '{"new":1,"a":[{"b":"x","c":{}},{"b":"y"}]}')).toEqual({
    a: [{ b: "x" }, { b: "y" }],
  });
  for (const text of ['{"a":[{"c":1}]}', "[]", "null", "<html>", ""]) {
    expect(tolerant(schema, text)).toBeNull();
  }
});
