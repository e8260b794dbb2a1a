import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler } from "../../functions/on-webhook/handler.ts";
import { pauseRecipe } from "../../shared/commands/pause.ts";
import { recipe, recipeState, run } from "../unit/builders.ts";
import { Installation, readSample } from "./installation.ts";

/** Whose secrets and at what time the samples in `events/` are signed. */
function stage() {
  const on = new Installation();
  on.senders.set("ci", { scheme: "github", secrets: ["It's a Secret to Everybody"] });
  on.senders.set("forge", {
    scheme: "gitlab",
    secrets: ["a token for X-Gitlab-Token", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  });
  on.senders.set("builder", {
    scheme: "standard_webhooks",
    secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  });
  const hooked = (name: string, sender: string, event: string, when: string): void => {
    on.recipes.set(name, recipe({ name, webhook: { sender, event, when, minGapMs: 0 } }));
  };
  hooked("web", "ci", "workflow_run", "workflow_run.conclusion == 'success'");
  hooked("data", "forge", "Pipeline Hook", "object_attributes.ref == 'main'");
  hooked("runner", "builder", "image.ready", "data.server.name == 'größer'");
  const post = async (event: APIGatewayProxyEventV2) => {
    const { statusCode, headers, body } = await on.call(handler, event);
    return { statusCode, headers, body: documentOf(body) };
  };
  return { on, post };
}

const hook = (sender: string, event: string) => ({ sender, event, when: null, minGapMs: 0 });
const startedSchema = z.looseObject({ runs: z.array(z.object({ id: z.string() })) });

function documentOf(body: string | undefined): unknown {
  return JSON.parse(body ?? "");
}

const sampleSchema = z.custom<APIGatewayProxyEventV2>(
  (value) => z.looseObject({ version: z.literal("2.0") }).safeParse(value).success,
);

function sample(name: string): APIGatewayProxyEventV2 {
  return sampleSchema.parse(JSON.parse(readSample(`on-webhook/${name}`)));
}

describe("a request", () => {
  it.each([
    ["github", "web", { by: "ci", id: "ci 72d3162e-cc78-11e3-81ab-4c9367dc0958" }],
    ["gitlab-token", "data", { by: "forge", id: "forge bdf1a2c0-1b0e-4c6e-8f4c-1d2c3b4a5f60" }],
    ["gitlab-signed", "data", { by: "forge", id: "forge bdf1a2c0-1b0e-4c6e-8f4c-1d2c3b4a5f60" }],
    ["standard-webhooks", "runner", { by: "builder", id: "builder msg_p5jXN8AQM9LWM0D4loKWxJek" }],
  ])("such as %s starts a run", async (name, recipeName, trigger) => {
    const { on, post } = stage();
    const { statusCode, headers, body } = await post(sample(name));
    const [sent] = on.sent;
    const id = `${recipeName}-${sent?.request.key.sk.replace("run#", "")}`;
    expect(statusCode).toBe(202);
    expect(headers).toMatchObject({ "content-type": "application/json" });
    expect(body).toEqual({
      schema: "regild/v1",
      runs: [{ id, recipe: recipeName, state: "running", behind: null }],
      passed_over: [],
    });
    expect((await on.run(id)).trigger).toEqual({ kind: "webhook", ...trigger });
    expect(on.sent).toEqual([
      {
        queue: "prepare-source",
        request: { key: { pk: `R#${recipeName}`, sk: sent?.request.key.sk }, version: 1 },
        delaySeconds: 0,
      },
    ]);
    await post(sample(name));
    expect(on.sent).toHaveLength(1);
    expect(on.requests).toEqual([]);
  });

  it("fills the inputs of its recipe, and starts nothing without a good value", async () => {
    const { on, post } = stage();
    const version = {
      from: "workflow_run.head_branch",
      type: "string",
      pattern: null,
      default: null,
      value: null,
    } as const;
    const web = recipe({ name: "web", webhook: hook("ci", "workflow_run"), inputs: { version } });
    const image = { ...web.image, name: "web-${{ inputs.version }}-${{ short_id }}" };
    on.recipes.set("web", { ...web, image });
    const { body } = await post(sample("github"));
    const [started] = startedSchema.parse(body).runs;
    const { recipe: filled } = await on.run(started?.id ?? "");
    expect(filled.image.name).toBe("web-main-${{ short_id }}");

    const strict = { ...version, pattern: "^v" };
    const other = stage();
    other.on.recipes.set("web", { ...web, image, inputs: { version: strict } });
    const passed = await other.post(sample("github"));
    expect(passed.body).toMatchObject({
      runs: [],
      passed_over: [
        {
          recipe: "web",
          reason: expect.stringContaining("input version does not match its pattern, "),
        },
      ],
    });
  });

  it("names the server of a build, and its version", async () => {
    const { on, post } = stage();
    const input = (from: string) =>
      ({ from, type: "string", pattern: null, default: null, value: null }) as const;
    const runner = recipe({
      name: "runner",
      webhook: hook("builder", "image.ready"),
      source: { kind: "server", idOrName: "${{ inputs.server_id }}" },
      allowSource: { name: "build-*", metadata: {} },
      inputs: { server_id: input("data.server.id"), version: input("data.version") },
    });
    const image = { ...runner.image, version: "${{ inputs.version }}" };
    on.recipes.set("runner", { ...runner, image });
    const { body } = await post(sample("build"));
    const [started] = startedSchema.parse(body).runs;
    expect((await on.run(started?.id ?? "")).recipe).toMatchObject({
      source: { idOrName: "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3" },
      image: { version: "1.4.2" },
    });
  });

  it("for a paused recipe starts nothing, and one that came before the pause leads to its run", async () => {
    const { on, post } = stage();
    const pause = () =>
      pauseRecipe(on.backend, "web", { by: "anna", reason: "storage", untilMs: null });
    const before = await post(sample("github"));
    await pause();
    expect(await post(sample("github"))).toEqual(before);
    const event = sample("github");
    const other = { ...event.headers, "x-github-delivery": "another" };
    const { statusCode, body } = await post({ ...event, headers: other });
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({
      runs: [],
      passed_over: [{ recipe: "web", reason: "paused by anna: storage" }],
    });
  });

  it.each([
    ["join", "joined"],
    ["queue", "queued"],
    ["skip", "skipped"],
  ] as const)("is told what if_running: %s makes of it", async (ifRunning, state) => {
    const { on, post } = stage();
    const web = recipe({ name: "web", webhook: hook("ci", "workflow_run"), ifRunning });
    on.recipes.set("web", web);
    const active = run({ id: "web-20261123-092000-aaaaaa", recipe: web });
    on.putRun(active, 3);
    on.putRecipeState(recipeState({ activeRun: active.id, seq: 7 }));
    const { statusCode, body } = await post(sample("github"));
    expect(statusCode).toBe(202);
    expect(body).toMatchObject({ runs: [{ recipe: "web", state, behind: active.id }] });
  });

  it("that only asks whether anybody is there starts none", async () => {
    const { on, post } = stage();
    const { statusCode, body } = await post(sample("github-ping"));
    expect({ statusCode, body }).toEqual({
      statusCode: 200,
      body: { schema: "regild/v1", runs: [], passed_over: [] },
    });
    expect(on.sent).toEqual([]);
  });

  it("that is not verified is told the same, whether its signature or its sender is wrong", async () => {
    const { on, post } = stage();
    const badSignature = await post(sample("bad-signature"));
    expect(badSignature.statusCode).toBe(401);
    expect(badSignature).toEqual(await post(sample("unknown-sender")));
    expect(on.logged).toEqual([
      'webhook refused {"sender":"ci","status":401,"reason":"X-Hub-Signature-256 is of no secret"}',
      'webhook refused {"sender":"nobody","status":401,"reason":"no sender has this name"}',
    ]);
    expect(on.store.table.items.size).toBe(0);
  });

  it("is the same as base64 and as text", async () => {
    const { post } = stage();
    const event = sample("github");
    const body = Buffer.from(event.body ?? "", "utf8").toString("base64");
    const asBase64 = await post({ ...event, body, isBase64Encoded: true });
    expect(asBase64.statusCode).toBe(202);
    expect(await post(event)).toEqual(asBase64);
  });

  it("without a body is not verified", async () => {
    const { post } = stage();
    const { body: _, ...event } = sample("github");
    expect((await post(event)).statusCode).toBe(401);
  });
});
