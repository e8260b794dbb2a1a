import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { handler as notify } from "../../functions/notify/handler.ts";
import { handler as onHook } from "../../functions/on-hook/handler.ts";
import { handler as abandon } from "../../functions/abandon/handler.ts";
import { handler as prepareSource } from "../../functions/prepare-source/handler.ts";
import { handler as sweep } from "../../functions/sweep/handler.ts";
import { paint } from "../../local/cli/text/paint.ts";
import { runReportText } from "../../local/cli/text/run-report.ts";
import { runReportOf } from "../../local/view/read.ts";
import { viewRunReport } from "../../local/view/run-report.ts";
import type { HttpFailure, HttpResponse } from "../../shared/ports.ts";
import { read } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { recipeSchema } from "../../shared/recipe/recipe.ts";
import { hookDeliverySchema, hookKey } from "../../shared/run/hook.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { MINUTE, recipe, SECOND } from "../unit/builders.ts";
import { deliver } from "./deliver.ts";
import { Installation, readSample } from "./installation.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const URL_OF_HOOK = "https://hooks.example.com/prepare";
const STOP = /servers\/[^/]+\/action/;

const bodySchema = z.object({
  type: z.literal("run.prepare"),
  data: z.looseObject({ answer: z.object({ path: z.string(), token: z.string() }) }),
});

const eventSchema = z.custom<APIGatewayProxyEventV2>(
  (value) => z.looseObject({ version: z.literal("2.0") }).safeParse(value).success,
);

const answered = (status: number, text = ""): HttpResponse => ({
  kind: "response",
  status,
  headers: {},
  text,
});
const READY = answered(200, '{"ready": true}');

/** A run of a server that is stopped for its image. The hook answers each request as `answers` says, then with 503. */
async function stage(
  answers: Array<HttpResponse | HttpFailure> = [],
  { deadlineMs = 360 * MINUTE, waitForShutoffMs = null as number | null } = {},
) {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "base" });
  const server = on.cloud.operator.addServer({ name: "web-golden", image: base });
  on.callbacks.set("guest", { url: URL_OF_HOOK, secrets: [SECRET] });
  const to: unknown[] = [];
  on.onTold = async (_request, where) => {
    to.push(where);
    return answers.shift() ?? answered(503);
  };
  const prepare = {
    stopServer: true,
    stopTimeoutMs: 10 * MINUTE,
    waitForShutoffMs,
    restore: null,
    hook: { to: "guest", timeoutMs: 30 * MINUTE },
    allowLive: false,
  };
  const trigger = { kind: "command", by: "anna", id: "t1" } as const;
  const id = await start(on.backend, "home01home02", recipe({ prepare, deadlineMs }), trigger);
  const goOn = async (): Promise<void> => {
    for (let n = 0; n < 4; n++) {
      await on.call(sweep, {});
      await deliver(on, prepareSource, "prepare-source");
      await deliver(on, notify, "notify");
      await deliver(on, abandon, "abandon");
    }
  };
  const later = async (afterMs: number): Promise<void> => {
    on.nowMs += afterMs;
    await goOn();
  };
  const run = () => on.run(id);
  const stops = () => on.requestsTo(STOP).length;
  const token = () => bodySchema.parse(JSON.parse(on.told[0]?.body ?? "")).data.answer.token;
  const answer = async (body: unknown, bearer = token(), ofRun = id) => {
    const headers = { authorization: `Bearer ${bearer}` };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const event = { pathParameters: { run: ofRun }, headers, body: text, isBase64Encoded: false };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
    const answer = await on.call(onHook, event as unknown as APIGatewayProxyEventV2);
    return answer.statusCode;
  };
  return { on, id, server, to, run, goOn, later, stops, token, answer };
}

describe("a hook", () => {
  it("is asked before the server is stopped, signed as Standard Webhooks has it", async () => {
    const s = await stage([READY]);
    let stopsBefore = -1;
    const { onTold } = s.on;
    s.on.onTold = async (...is) => {
      stopsBefore = s.stops();
      return onTold(...is);
    };
    await s.goOn();
    const [request] = s.on.told;
    expect(request).toMatchObject({ method: "POST", url: URL_OF_HOOK });
    expect(s.to).toEqual([{ origins: ["https://hooks.example.com"], allowPrivate: false }]);
    const now = Date.now;
    Date.now = () => s.on.nowMs; // the library has no clock of its own
    const verified = new Webhook(SECRET).verify(request?.body ?? "", request?.headers ?? {});
    Date.now = now;
    expect(verified).toMatchObject({
      type: "run.prepare",
      data: {
        run: s.id,
        attempt: 1,
        recipe: "web",
        source: { kind: "server", id: s.server.id, name: "web-golden" },
        servers: [{ id: s.server.id, name: "web-golden" }],
        waits_for_shutoff: false,
        answer: { path: `/hooks/${s.id}` },
      },
    });
    expect([stopsBefore, s.stops(), s.on.told.length]).toEqual([0, 1, 1]);
    expect((await s.run()).timeline.map(({ text }) => text)).toEqual(
      expect.arrayContaining(["asks guest first", "waits for guest", "guest: ready"]),
    );
  });

  it("is asked again with the same id and body until it answers, and nothing is stopped meanwhile", async () => {
    const away: HttpFailure = { kind: "failure", sent: true, reason: "no answer within 15 s" };
    const s = await stage([away, answered(503), answered(429), answered(500), READY]);
    await s.goOn();
    for (let n = 0; n < 100 && s.on.told.length < 5; n++) {
      expect(s.stops()).toBe(0);
      await s.later(5 * SECOND);
    }
    expect(s.on.told).toHaveLength(5);
    expect(new Set(s.on.told.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(s.on.told.map(({ body }) => body)).size).toBe(1);
    await s.goOn();
    expect(s.stops()).toBe(1);
  });

  it.each([
    ["403 with a text, which may quote the request", answered(403, "Forbidden"), "it answered 403"],
    [
      "409 with a reason",
      answered(409, '{"ready":false,"reason":"backup"}'),
      "it answered 409: backup",
    ],
    ["no", answered(200, '{"ready": false, "reason": "not tonight"}'), "not tonight"],
    ["a bare 200", answered(200), 'it answered 200, and not {"ready": true}'],
    ["a page", answered(200, "<html>Sign in</html>"), 'it answered 200, and not {"ready": true}'],
    [
      "a text that means yes",
      answered(200, '{"ready": "true"}'),
      'it answered 200, and not {"ready": true}',
    ],
    ["a redirect", answered(302), "it answered 302, and redirects are not followed"],
    [
      "a refused address",
      {
        kind: "failure",
        sent: false,
        permanent: true,
        reason: "10.0.0.1 is a private address",
      } as const,
      "10.0.0.1 is a private address",
    ],
  ])("that answers %s fails the run, and the server runs on", async (_name, answer, text) => {
    const s = await stage([answer]);
    await s.goOn();
    await s.later(MINUTE);
    expect(await s.run()).toMatchObject({
      outcome: "failed",
      failure: {
        code: "hook-refused",
        message: `guest does not say that the source is ready: ${text}`,
      },
    });
    expect([s.stops(), s.server.vmState]).toEqual([0, "active"]);
  });

  it("may call back with the token of its request, and is not asked again meanwhile", async () => {
    const s = await stage([answered(202)]);
    await s.goOn();
    await s.later(20 * MINUTE);
    expect([s.on.told.length, s.stops()]).toEqual([1, 0]);
    expect(await s.answer({ ready: true })).toBe(200);
    expect(await s.answer({ ready: true })).toBe(200);
    await s.goOn();
    expect(s.stops()).toBe(1);
    expect(await s.answer({ ready: false })).toBe(409);
    expect(await s.answer({ ready: true })).toBe(200);
  });

  it("may call back before its first answer is read", async () => {
    const s = await stage();
    s.on.onTold = async () => {
      expect(await s.answer({ ready: true })).toBe(200);
      return { kind: "failure", sent: true, reason: "reset" };
    };
    await s.goOn();
    await s.later(10 * MINUTE);
    expect([s.on.told.length, s.stops()]).toEqual([1, 1]);
  });

  it("that calls back with no fails the run with its reason", async () => {
    const s = await stage([answered(202)]);
    await s.goOn();
    expect(await s.answer({ ready: false, reason: "Sysprep failed" })).toBe(200);
    await s.goOn();
    expect((await s.run()).failure?.message).toContain("Sysprep failed");
    expect(s.stops()).toBe(0);
  });

  it.each([
    ["another token", { ready: true }, "rgh_x", 401],
    ["no token", { ready: true }, "", 401],
    ["a body that says nothing", {}, null, 422],
    ["a text that means yes", { ready: "yes" }, null, 422],
    ["no JSON", "ready", null, 422],
    ["too much", " ".repeat(65 * 1024), null, 413],
  ])("is not answered by %s", async (_name, body, bearer, status) => {
    const s = await stage([answered(202)]);
    await s.goOn();
    expect(await s.answer(body, bearer ?? s.token())).toBe(status);
    await s.later(MINUTE);
    expect([s.stops(), (await s.run()).hook?.answer]).toEqual([0, null]);
  });

  it("is not answered by the token of another run, of another attempt, or for what is no run", async () => {
    const s = await stage([answered(202)]);
    await s.goOn();
    const token = s.token();
    const other = `${s.id.slice(0, -6)}zzzzzz`;
    const run = await s.run();
    s.on.putRun({ ...run, id: other }, 3);
    const opened = await s.on.item(hookKey(s.id, 1));
    const { doc } = read(opened, hookDeliverySchema);
    s.on.put(hookKey(other, 1), { ...doc, runId: other, tokens: [] }, 1);
    for (const each of [
      other,
      "web",
      "web-20261123-093012-nobody",
      `${"x".repeat(3000)}-20261123-093012-aaaaaa`,
    ])
      expect(await s.answer({ ready: true }, token, each)).toBe(401);
    s.on.putRun({ ...run, attempt: 2 }, 9);
    expect(await s.answer({ ready: true }, token)).toBe(401);
    expect((await s.run()).hook?.answer).toBeNull();
  });

  it("that never answers fails the run after its time, and what it says later counts no more", async () => {
    const s = await stage([answered(202)]);
    await s.goOn();
    await s.later(30 * MINUTE);
    await s.later(2 * MINUTE);
    expect(await s.run()).toMatchObject({
      outcome: "failed",
      failure: {
        code: "hook-timeout",
        message: "guest does not say that the source is ready: it did not call back",
      },
    });
    expect(await s.answer({ ready: true })).toBe(409);
    expect([s.stops(), s.server.vmState]).toEqual([0, "active"]);
  });

  it.each([
    ["cannot be reached", undefined, "it answered 503"],
    ["is not in regild.yml", "missing", "regild.yml has no guest"],
  ])("that %s fails the run after its time, with what was wrong", async (_name, missing, text) => {
    const s = await stage();
    if (missing !== undefined) s.on.callbacks.clear();
    await s.goOn();
    for (let minute = 0; minute < 33; minute++) await s.later(MINUTE);
    expect((await s.run()).failure).toMatchObject({
      code: "hook-timeout",
      message: expect.stringContaining(text),
    });
    expect(s.on.told.length).toBeLessThan(25);
  });

  it("is waited for without messages, until the deadline or a cancel", async () => {
    const s = await stage([answered(202)], { deadlineMs: 20 * MINUTE });
    await s.goOn();
    s.on.sent.length = 0;
    for (let minute = 0; minute < 15; minute++) {
      s.on.nowMs += MINUTE;
      await s.on.call(sweep, {});
    }
    const ofRun = s.on.sent.filter(({ request }) => /^(run|hook)#/.test(request.key.sk));
    expect(ofRun).toEqual([]);
    await s.later(6 * MINUTE);
    expect((await s.run()).failure?.code).toBe("deadline-passed");
    const c = await stage([answered(202)]);
    await c.goOn();
    await c.on.store.mark(runKey(c.id), { cancelAtMs: c.on.nowMs, sweepAtMs: c.on.nowMs });
    await c.later(MINUTE);
    expect([(await c.run()).outcome, c.stops()]).toEqual(["cancelled", 0]);
    expect(await c.answer({ ready: true })).toBe(409);
  });

  it("may power the guest off: it is started again, also after a refusal", async () => {
    const s = await stage([answered(202)], { waitForShutoffMs: 10 * MINUTE });
    await s.goOn();
    s.server.vmState = "stopped";
    expect(await s.answer({ ready: false, reason: "Sysprep failed" })).toBe(200);
    for (let n = 0; n < 6; n++) await s.later(10 * SECOND);
    expect(await s.run()).toMatchObject({ outcome: "failed", failure: { code: "hook-refused" } });
    s.on.cloud.settle();
    expect(s.server.vmState).toBe("active");
  });

  it("that quotes its secrets leaves none in a record or log; secrets may change", async () => {
    const s = await stage([]);
    s.on.onTold = async (request) => answered(400, `bad: ${request.body} ${SECRET} ${URL_OF_HOOK}`);
    await s.goOn();
    await s.later(MINUTE);
    const kept = [...s.on.store.table.items.values()].map(({ doc }) => doc).join("\n");
    for (const text of [kept, s.on.logged.join("\n")])
      for (const secret of [SECRET, s.token(), URL_OF_HOOK]) expect(text).not.toContain(secret);

    const r = await stage([answered(503), answered(202)]);
    await r.goOn();
    const first = r.token();
    r.on.callbacks.set("guest", { url: URL_OF_HOOK, secrets: [NEXT_SECRET, SECRET] });
    await r.later(10 * SECOND);
    expect(r.on.told).toHaveLength(2);
    expect(await r.answer({ ready: true }, first)).toBe(200);
  });
});

/** As the last part of the path, as a path, and as a key in the query. */
const SECRET_URLS = [
  "https://hooks.example.com/hooks/T0KEN-s3cr3t",
  "https://hooks.example.com/T0KEN-s3cr3t/",
  "https://hooks.example.com/?key=T0KEN-s3cr3t",
  "https://hooks.example.com/hooks/T0KEN%2Ds3cr3t?a=b%20c",
];

describe.each(SECRET_URLS)("the address %s", (url) => {
  const { pathname, search } = new URL(url);
  const quoted = decodeURIComponent(`Cannot POST ${pathname}${search}`);
  it.each([
    ["a page", answered(404, quoted)],
    ["a reason", answered(404, JSON.stringify({ ready: false, reason: quoted }))],
    ["a plain no", answered(200, JSON.stringify({ ready: false, reason: quoted }))],
    ["the secret part alone", answered(200, '{"ready": false, "reason": "no T0KEN-s3cr3t here"}')],
    ["a failure", { kind: "failure", sent: true, permanent: true, reason: quoted } as const],
    ["a failure for now", { kind: "failure", sent: true, reason: quoted } as const],
  ])("is in no record and log when it is quoted in %s", async (_name, answer) => {
    const s = await stage([answer]);
    s.on.callbacks.set("guest", { url, secrets: [SECRET] });
    await s.goOn();
    await s.later(MINUTE);
    expect(s.on.told).not.toEqual([]);
    const kept = [...s.on.store.table.items.values()].map(({ doc }) => doc).join("\n");
    expect(kept + s.on.logged.join("\n")).not.toContain("s3cr3t");
  });
});

it.each(["secret", "token"])(
  "no cut of a hook's reason leaves the beginning of a %s",
  async (of) => {
    const s = await stage([answered(202)]);
    s.on.onTold = async (request) => {
      const { token } = bodySchema.parse(JSON.parse(request.body ?? "")).data.answer;
      const reason = `${"x".repeat(380)} ${of === "secret" ? SECRET : token}`;
      return answered(200, JSON.stringify({ ready: false, reason }));
    };
    await s.goOn();
    await s.later(MINUTE);
    expect((await s.run()).failure?.message).toMatch(/x …$/);
  },
);

it("its later answer touches the partitions that the role of on-hook allows, and no other", async () => {
  const s = await stage([answered(202)]);
  await s.goOn();
  const reads = vi.spyOn(s.on.store, "get");
  const writes = vi.spyOn(s.on.store, "commit");
  expect(await s.answer({ ready: true })).toBe(200);
  expect(new Set(reads.mock.calls.map(([{ pk }]) => pk))).toEqual(new Set(["R#web"]));
  expect(writes.mock.calls.map(([{ key }]) => key.pk)).toEqual(["R#web"]);
});

it("the report of a run says why the hook is asked again, until it has taken the question", async () => {
  const s = await stage([answered(503), answered(202)]);
  const report = async () => {
    const record = { run: await s.run(), cancelAtMs: null };
    return viewRunReport(await runReportOf(s.on.store, record), s.on.nowMs);
  };
  await s.goOn();
  const asked = await report();
  expect(asked.hook_problem).toContain("503");
  expect(runReportText(asked, s.on.nowMs, paint(false))).toContain(
    `Hook    has not taken the question: ${asked.hook_problem ?? ""}`,
  );
  await s.later(5 * SECOND);
  expect((await report()).hook_problem).toBeNull();
});

it("no cut of a reason that a hook calls back with leaves the beginning of its token", async () => {
  const s = await stage([answered(202)]);
  await s.goOn();
  await s.answer({ ready: false, reason: `${"x".repeat(380)} ${s.token()}` });
  await s.goOn();
  expect((await s.run()).failure?.message).toMatch(/x …$/);
});

describe("the examples in events/on-hook", () => {
  it("are the request that a hook gets, and its later answer", async () => {
    const s = await stage([answered(202)]);
    await s.goOn();
    const { timeoutMs: _timeoutMs, ...request } = s.on.told[0] ?? {};
    expect(JSON.parse(readSample("on-hook/request"))).toEqual(request);
    const event = eventSchema.parse(JSON.parse(readSample("on-hook/ready")));
    expect(await s.on.call(onHook, event)).toMatchObject({
      statusCode: 200,
      body: JSON.stringify({ schema: "regild/v1", run: s.id, ready: true }),
    });
    await s.goOn();
    expect(s.stops()).toBe(1);
  });
});

it("a recipe of an earlier version has no hook", () => {
  const { hook: _hook, ...prepare } = recipe().prepare;
  expect(recipeSchema.parse({ ...recipe(), prepare }).prepare.hook).toBeNull();
});
