import { createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod/mini";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import { NO_SETTINGS, storedText } from "../../../shared/settings/settings.ts";
import { runAt, untilRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";
import type { HttpAnswer } from "./http-api.ts";

const SECRET = "the-secret-that-ci-signs-with";
const NEXT_SECRET = "the-secret-that-comes-after-it";
const REREAD_AFTER_MS = 5 * 60_000;

/** As they are packaged: two of the demo's listen to the sender, the third does not. */
const RECIPES = [...demoRecipes().values()].map((recipe) => ({
  ...recipe,
  webhook:
    recipe.name === "db" ? null : { sender: "ci", event: "push", when: `ref == '${recipe.name}'` },
}));

let stage: Awaited<ReturnType<typeof openDemoStack>>;
let secrets: string[] | null;
beforeEach(async () => {
  secrets = [SECRET];
  const senders = () =>
    secrets === null
      ? undefined
      : storedText({ ...NO_SETTINGS, senders: new Map([["ci", { scheme: "github", secrets }]]) });
  stage = await openDemoStack({ packagedRecipes: RECIPES, senders });
  stage.stack.stopSchedules();
});
afterEach(() => stage[Symbol.asyncDispose]());

interface Push {
  ref?: string;
  delivery?: string;
  secret?: string;
  sender?: string;
}

function push({
  ref = "web",
  delivery = randomUUID(),
  secret = SECRET,
  sender = "ci",
}: Push = {}): Promise<HttpAnswer> {
  const body = JSON.stringify({ ref, author: "Jörg" });
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = {
    "content-type": "application/json",
    "x-github-event": "push",
    "x-github-delivery": delivery,
    "x-hub-signature-256": `sha256=${signature}`,
  };
  const { httpApi } = stage.stack.parts;
  return httpApi.request({ method: "POST", path: `/webhooks/${sender}`, headers, body });
}

const answerSchema = z.object({
  runs: z.array(z.object({ id: z.string(), recipe: z.string() })),
  passed_over: z.array(z.object({ recipe: z.string(), reason: z.string() })),
});

const lambda = () => stage.stack.function("on-webhook");

function runsIn({ body }: HttpAnswer): string[] {
  return answerSchema.parse(JSON.parse(body)).runs.map(({ id }) => id);
}

it("starts the runs that a sender asks for, and the functions do their work", async () => {
  const answer = await push();
  expect(answer.status).toBe(202);
  const [id = "", ...others] = runsIn(answer);
  expect(others).toEqual([]);
  const run = await untilRun(stage, id, ({ outcome }) => outcome !== null);
  expect(run).toMatchObject({ outcome: "succeeded", trigger: { kind: "webhook", by: "ci" } });
  expect(stage.stack.troubles).toEqual([]);
  expect(lambda().logs.join("\n")).not.toContain(SECRET);
});

it("of one delivery that comes several times, also at once, makes one run", async () => {
  const delivery = randomUUID();
  const answers = await Promise.all([push({ delivery }), push({ delivery })]);
  const again = await push({ delivery });
  const ids = new Set([...answers, again].flatMap(runsIn));
  expect(ids.size).toBe(1);
  expect([...answers, again].map(({ status }) => status)).toEqual([202, 202, 202]);
  const { items } = await stage.backend.store.range("R#web", "run#", 10);
  expect(items).toHaveLength(1);
});

it("starts nothing that no recipe asks for", async () => {
  const answer = await push({ ref: "main" });
  expect(answer.status).toBe(200);
  const { runs, passed_over } = answerSchema.parse(JSON.parse(answer.body));
  expect(runs).toEqual([]);
  expect(passed_over.map(({ recipe }) => recipe)).toEqual(["web", "data"]);
});

it("tells nobody whether it was the sender or the signature, and asks nothing of the table", async () => {
  const { front } = stage.stack.parts;
  const asked: string[] = [];
  front.seen = ({ action }) => asked.push(action);
  const answers = [await push({ secret: "guessed, and wrong" }), await push({ sender: "nobody" })];
  secrets = null;
  lambda().kill();
  answers.push(await push());
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(new Set(asked)).toEqual(new Set(["ssm:GetParameter"]));
  expect(stage.stack.troubles).toEqual([]);
});

it("takes a new secret within five minutes of when it was put there", async () => {
  const { clock } = stage.stack.parts;
  expect((await push({ secret: NEXT_SECRET })).status).toBe(401);
  secrets = [SECRET, NEXT_SECRET];
  clock.jumpTo(clock.now() + REREAD_AFTER_MS);
  expect((await push({ secret: NEXT_SECRET })).status).toBe(202);
  expect((await push()).status).toBe(202);
});

it("asks to be sent it again while the table does not take it", async () => {
  const { role } = lambda();
  const { allows } = role;
  role.allows = (action, resource) => action !== "dynamodb:UpdateItem" && allows(action, resource);
  const delivery = randomUUID();
  const refused = await push({ delivery });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  role.allows = allows;
  const [id = ""] = runsIn(await push({ delivery }));
  expect(await runAt(stage, id)).toMatchObject({ recipeName: "web", outcome: null });
});

it("looks for the run of a hook's answer, which its role allows", async () => {
  const { httpApi, front } = stage.stack.parts;
  const asked: string[] = [];
  front.seen = ({ action }) => asked.push(action);
  const path = "/hooks/web-20261123-093012-k3f9q2";
  const answer = await httpApi.request({ method: "POST", path, headers: {}, body: "{}" });
  expect(answer.status).toBe(401);
  expect(asked).toEqual(["dynamodb:GetItem"]);
  expect(stage.stack.troubles).toEqual([]);
});

it("answers what has no route by itself", async () => {
  const { httpApi } = stage.stack.parts;
  const request = { path: "/webhooks/ci", headers: {}, body: "" };
  expect((await httpApi.request({ ...request, method: "GET" })).status).toBe(404);
  expect(lambda().invocations).toBe(0);
});
