import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { HttpFailure, HttpResponse } from "../../shared/ports.ts";
import { read } from "../../shared/protocol/actor.ts";
import { start } from "../../shared/protocol/start.ts";
import { callbackSchema } from "../../shared/run/callback.ts";
import { callbackKey } from "../../shared/run/callback-key.ts";
import { candidate, HOUR, MINUTE, NOW, recipe, run } from "../unit/builders.ts";
import { failRun, sweepAndNotify } from "./deliver.ts";
import { Installation } from "./installation.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const URL_OF_BUILD = "https://ci.example.com/regild";

const version = {
  from: null,
  type: "string",
  pattern: null,
  default: null,
  value: "1.4.2",
} as const;
const bodySchema = z.looseObject({ type: z.string(), data: z.record(z.string(), z.unknown()) });

const answered = (status: number): HttpResponse => ({
  kind: "response",
  status,
  headers: {},
  text: "",
});

/** A run that a build has started, of a server that is not there. The build takes callbacks as `answers` says. */
async function stage(answers: Array<HttpResponse | HttpFailure> = []) {
  const on = new Installation();
  on.callbacks.set("ci", { url: URL_OF_BUILD, secrets: [SECRET, NEXT_SECRET] });
  const to: unknown[] = [];
  on.onTold = async (_request, where) => {
    to.push(where);
    return answers.shift() ?? answered(204);
  };
  const of = recipe({ callback: { to: "ci" }, inputs: { version } });
  const trigger = { kind: "webhook", by: "ci", id: "ci d1" } as const;
  const begin = () => start(on.backend, "home01home02", of, trigger);
  const id = await begin();
  const callback = async () => read(await on.item(callbackKey(id)), callbackSchema).doc;
  return {
    on,
    id,
    begin,
    to,
    callback,
    sweepAndNotify: () => sweepAndNotify(on),
    fail: () => failRun(on, id),
  };
}

describe("a callback", () => {
  it("tells the build the outcome at the end of the run, signed as Standard Webhooks has it", async () => {
    const { on, id, to, sweepAndNotify, fail, callback } = await stage();
    await sweepAndNotify();
    expect(on.told).toEqual([]);
    await fail();
    await sweepAndNotify();
    const [request] = on.told;
    expect(request).toMatchObject({ method: "POST", url: URL_OF_BUILD });
    expect(to).toEqual([{ origins: ["https://ci.example.com"], allowPrivate: false }]);
    for (const secret of [SECRET, NEXT_SECRET]) {
      const now = Date.now;
      Date.now = () => on.nowMs; // the library has no clock of its own
      const verified = bodySchema.parse(
        new Webhook(secret).verify(request?.body ?? "", request?.headers ?? {}),
      );
      Date.now = now;
      expect(verified).toMatchObject({
        type: "run.failed",
        data: {
          schema: "regild/v1",
          run: id,
          recipe: "web",
          outcome: "failed",
          image: null,
          inputs: { version: "1.4.2" },
          failure: {
            code: "source-not-found",
            remedy: expect.stringContaining("openstack server"),
          },
          left: [],
        },
      });
    }
    expect(await callback()).toMatchObject({ doneAtMs: on.nowMs, failure: null });
    on.nowMs += HOUR;
    await sweepAndNotify();
    expect(on.told).toHaveLength(1);
  });

  it("is repeated with the same id and bytes, after growing gaps, until the build takes it", async () => {
    const away: HttpFailure = { kind: "failure", sent: false, reason: "connect refused" };
    const s = await stage([away, answered(500), answered(302), answered(404)]);
    await s.fail();
    const times: number[] = [];
    for (let second = 0; second < 3600 && (await s.callback()).doneAtMs === null; second += 5) {
      const before = s.on.told.length;
      await s.sweepAndNotify();
      if (s.on.told.length > before) times.push(s.on.nowMs - NOW);
      s.on.nowMs += 5000;
    }
    expect(times.map((ms) => Math.round(ms / 1000))).toEqual([0, 5, 35, 155, 755]);
    expect(new Set(s.on.told.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(s.on.told.map(({ body }) => body)).size).toBe(1);
    expect(s.on.logged.join("\n")).not.toContain("whsec_");
  });

  it("is given up after a day, or when the address says that it is gone for good", async () => {
    const s = await stage(Array.from({ length: 50 }, () => answered(503)));
    await s.fail();
    for (let hour = 0; hour < 30; hour++) {
      await s.sweepAndNotify();
      s.on.nowMs += HOUR;
    }
    expect(await s.callback()).toMatchObject({ failure: "it answered 503" });
    expect((await s.callback()).doneAtMs).toBeGreaterThan(NOW + 23 * HOUR);
    const gone = await stage([answered(410)]);
    await gone.fail();
    await gone.sweepAndNotify();
    expect(await gone.callback()).toMatchObject({ failure: "it answered 410" });
  });

  it("is found by its own check when its wake-up was lost, and waits for the run that its run joined", async () => {
    const s = await stage();
    const other = run({ id: "web-20261123-092000-aaaaaa" });
    s.on.putRun(other, 3);
    const joined = { ...(await s.on.run(s.id)), outcome: "joined" as const, endedAtMs: NOW };
    s.on.putRun({ ...joined, joinedRunId: other.id }, 2);
    s.on.nowMs += 11 * MINUTE;
    await s.sweepAndNotify();
    expect(s.on.told).toEqual([]);
    const made = candidate({ id: "image-1" });
    const ended = { promoted: true, outcome: "succeeded" as const, endedAtMs: s.on.nowMs };
    s.on.putRun({ ...other, ...ended, candidate: made, imageName: "web-1" }, 4);
    s.on.nowMs += 11 * MINUTE;
    await s.sweepAndNotify();
    expect(bodySchema.parse(JSON.parse(s.on.told[0]?.body ?? ""))).toMatchObject({
      type: "run.succeeded",
      data: { run: s.id, joined_run: other.id, image: { id: "image-1", name: "web-1" } },
    });
  });

  it("is opened once, also when the start is repeated; none where the recipe has none", async () => {
    const s = await stage();
    await s.fail();
    await s.sweepAndNotify();
    await s.begin();
    s.on.nowMs += 11 * MINUTE;
    await s.sweepAndNotify();
    expect(s.on.told).toHaveLength(1);
    const on = new Installation();
    const trigger = { kind: "command", by: "anna", id: "t1" } as const;
    const id = await start(on.backend, "home01home02", recipe(), trigger);
    expect(await on.store.get(callbackKey(id))).toBeNull();
  });
});
