import { afterEach, describe, expect, inject, it } from "vitest";
import { openSeam } from "../access.ts";
import { type Package, readPackage } from "../template/compiled.ts";
import { bringUp } from "./bring-up.ts";
import { operatorOf } from "./operator.ts";
import type { Stack } from "./stack.ts";

const undo: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one[Symbol.asyncDispose]();
});

const packaged = (): Package => readPackage(inject("packageFolder"));

/** The stack with the text of one resource written otherwise. */
async function planted(id: string, from: string, to: string, is = packaged()): Promise<Stack> {
  const before = JSON.stringify(is.template.Resources[id]);
  const after = before.replace(from, to);
  if (after === before) throw new Error(`${id} has no ${from}`);
  is.template.Resources[id] = JSON.parse(after);
  const up = await bringUp(is, {});
  undo.push(up);
  return up.stack;
}

describe("a template that cannot be brought up as it stands is refused", () => {
  it.each([
    ["Alarms", "AWS::SNS::Topic", "AWS::SNS::Theme", "Alarms (AWS::SNS::Theme)"],
    ["AbandonQueue", '"VisibilityTimeout"', '"DelaySeconds"', "DelaySeconds"],
    ["Table", '"BillingMode"', '"ResourcePolicy":{},"BillingMode"', "ResourcePolicy"],
    ["Table", "NEW_AND_OLD_IMAGES", "KEYS_ONLY", "StreamViewType"],
    ["PublishEventsRole", "dynamodb:GetRecords", "dynamodb:GetItem", "may not dynamodb:GetRecords"],
    ["SweepLambdaFunction", '"Timeout"', '"Layers":[],"Timeout"', "Layers"],
    ["SweepLambdaFunction", '"Ref":"Table"', '"Ref":"Tables"', "what Tables is"],
    ["SweepRole", "lambda.amazonaws.com", "ec2.amazonaws.com", "its role is not for Lambda"],
    ["SchedulerRole", '["SweepLambdaFunction"', '["AbandonLambdaFunction"', "does not let the"],
    ["SweepLambdaEvConf", '"MaximumRetryAttempts":0', '"MaximumRetryAttempts":2', "expected 0"],
    ["OnDashwebhookLambdaPermissionHttpApi", "apigateway", "events", "the API may not start"],
    ["HttpApiIntegrationOnDashwebhook", '"2.0"', '"1.0"', "PayloadFormatVersion"],
    ["HttpApiRoutePostWebhooksSenderVar", '"integrations"', '"x"', "leads to no integration"],
    ["SweepSchedulerSchedule1", "rate(1 minute)", "cron(0 * * * ? *)", "is no rate"],
  ])("%s: %s written %s", async (id, from, to, problem) => {
    await expect(planted(id, from, to)).rejects.toThrow(problem);
  });
});

/** The compiled package, but for the code of one function. */
function running(name: string, code: string): Package {
  const { template, files } = packaged();
  const handler = Buffer.from(`exports.handler = ${code}`);
  return {
    template,
    files: (zip) =>
      zip === name ? new Map([[`dist/functions/${name}/handler.cjs`, handler]]) : files(zip),
  };
}

async function up(is: Package): Promise<Stack> {
  const brought = await bringUp(is, {});
  undo.push(brought);
  return brought.stack;
}

describe("a function", () => {
  it("has the template's environment and Lambda's own, and nothing of this machine's", async () => {
    const stack = await up(running("abandon", "async () => process.env"));
    const lambda = stack.function("abandon");
    const { environment } = lambda;
    expect(await lambda.invoke({})).toEqual(environment);
    const own = Object.keys(environment).filter((name) => name.startsWith("REGILD_"));
    expect(own.toSorted()).toEqual(["REGILD_CLOUDS", "REGILD_QUEUE_URL_PREFIX", "REGILD_TABLE"]);
    expect(environment).not.toHaveProperty("HOME");
  });

  it("stays warm between two events, and starts anew after it was killed", async () => {
    const stack = await up(running("abandon", "((n) => async () => ++n)(0)"));
    const lambda = stack.function("abandon");
    expect([await lambda.invoke({}), await lambda.invoke({})]).toEqual([1, 2]);
    lambda.kill();
    expect(await lambda.invoke({})).toBe(1);
  });

  it("is ended when its time is up", async () => {
    const endless = running("abandon", "() => new Promise(() => {})");
    const stack = await planted("AbandonLambdaFunction", '"Timeout":300', '"Timeout":1', endless);
    await expect(stack.function("abandon").invoke({})).rejects.toThrow("timed out after 1 seconds");
  });

  it("goes by the stack's clock, which stands while it works and has jumped on while it slept", async () => {
    const stack = await up(running("abandon", "async () => [Date.now(), +new Date()]"));
    const lambda = stack.function("abandon");
    const startedAtMs = Date.now();
    expect(await lambda.invoke({})).toEqual([startedAtMs, startedAtMs]);
    const laterMs = startedAtMs + 3_600_000;
    stack.parts.clock.jumpTo(laterMs);
    expect(await lambda.invoke({})).toEqual([laterMs, laterMs]);
    expect(lambda.instances).toHaveLength(1);
  });
});

const MAPPING = "AbandonEventSourceMappingSQSAbandonQueue";
const FIRST_FAILS =
  "async ({ Records }) => ({ batchItemFailures: [{ itemIdentifier: Records[0].messageId }] })";
const REQUEST = { key: { pk: "R#web", sk: "head" }, version: 1 };

async function send(stack: Stack, count: number): Promise<void> {
  const seam = openSeam();
  const { queue } = operatorOf(stack, seam);
  for (let sent = 0; sent < count; sent += 1) await queue.send("abandon", REQUEST, 0);
  seam.close();
}

describe("messages of a queue", () => {
  it("that failed alone come back alone, where the mapping says that failures are reported", async () => {
    const reported = running("abandon", FIRST_FAILS);
    const stack = await planted(MAPPING, '"BatchSize":1', '"BatchSize":3', reported);
    await send(stack, 3);
    const { batches } = stack.source("abandon");
    await stack.until(async () => batches.length === 2, { withinMinutes: 40 });
    expect(batches.map(({ messages, failed }) => [messages.length, failed.size])).toEqual([
      [3, 1],
      [1, 1],
    ]);
  });

  it("are gone whatever the function answers, where it does not say so", async () => {
    const unheard = running("abandon", FIRST_FAILS);
    const stack = await planted(MAPPING, '"ReportBatchItemFailures"', "", unheard);
    await send(stack, 1);
    await stack.turn();
    expect(stack.source("abandon").batches).toMatchObject([{ failed: new Set() }]);
  });

  it("all come back when the function throws, or answers what nobody understands", async () => {
    for (const code of ["async () => { throw 1 }", "async () => ({ batchItemFailures: [{}] })"]) {
      const stack = await planted(
        MAPPING,
        '"BatchSize":1',
        '"BatchSize":3',
        running("abandon", code),
      );
      await send(stack, 3);
      await stack.turn();
      expect(stack.source("abandon").batches[0]?.failed.size).toBe(3);
      await undo.pop()?.[Symbol.asyncDispose]();
    }
  });

  it("are given to as many instances at once as the mapping allows", async () => {
    const slow = "() => new Promise((resolve) => setTimeout(resolve, 20))";
    const stack = await up(running("abandon", slow));
    await send(stack, 12);
    await stack.turn();
    expect(stack.source("abandon").batches).toHaveLength(12);
    expect(stack.function("abandon").instances).toHaveLength(5);
  });
});

it("a call that the role does not allow is refused", async () => {
  const stack = await planted("SweepRole", "dynamodb:Query", "dynamodb:Scan");
  await expect(stack.function("sweep").invoke({})).rejects.toThrow("Allow dynamodb:Query");
  expect(stack.troubles[0]).toMatch(/SweepRole may not dynamodb:Query on .*\/index\/due$/);
});
