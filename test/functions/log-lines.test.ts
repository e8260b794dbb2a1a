import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { handler as deadLetters } from "../../functions/dead-letters/handler.ts";
import { handler as restoreSource } from "../../functions/restore-source/handler.ts";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { openLog } from "../../shared/lambda/logger.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import { NOW, run, sourceItem } from "../unit/builders.ts";
import { Installation, messageIds, sqsSample } from "./installation.ts";
import { stage } from "./stage.ts";

const lineSchema = z.looseObject({ level: z.string(), message: z.string() });
let lines: Array<z.infer<typeof lineSchema>>;

/** What goes to stdout and stderr, as Lambda's log has it. */
beforeEach(() => {
  lines = [];
  const write = (text: unknown): boolean => {
    const told = String(text)
      .split("\n")
      .filter((line) => line.startsWith("{"));
    lines.push(...told.map((line) => lineSchema.parse(JSON.parse(line))));
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
});
afterEach(() => vi.restoreAllMocks());

/** An installation that logs as on Lambda. */
function logging(on: Installation): Installation {
  Object.assign(on.backend, { log: openLog() });
  return on;
}

const WEB = run().id;
const invocation = (functionName: string, awsRequestId: string) => ({ functionName, awsRequestId });
const CHECK = invocation("regild-prod-check-status", "request-1");
const OF_CHECK = { function: CHECK.functionName, requestId: "request-1", step: "check-status" };

it.each([
  ["a terminal escape", "a\u001b[2Jb"],
  ["a C1 control sequence", "a\u009b2Jb"],
  ["an override of direction", "a\u202eb"],
])("a line of the log holds no %s", (_name, reason) => {
  openLog().warn("clean-up put off", { reason });
  expect(lines[0]?.["reason"]).toMatch(/^a\uFFFD(\[2J|2J)?b$/u);
});

describe("a line of the log tells", () => {
  it("function, request, step, recipe and run of the message it is about", async () => {
    const on = logging(new Installation());
    await on.call(checkStatus, sqsSample("check-status/run"), CHECK);
    expect(lines).toEqual([
      expect.objectContaining({
        message: "message will be received again",
        ...OF_CHECK,
        recipe: "web",
        run: WEB,
      }),
    ]);
  });

  it("of each message of a batch its own, and of what is no message none", async () => {
    const on = logging(new Installation());
    const batch = sqsSample("check-status/batch");
    const [ours = batch.Records[0], ...others] = batch.Records;
    if (ours === undefined) throw new Error("the sample has messages");
    const Records = [ours, { ...ours, messageId: "not-ours", body: "{}" }, ...others];
    await on.call(checkStatus, { Records }, CHECK);
    expect(lines.map(({ messageId, run, recipe }) => [messageId, recipe, run])).toEqual([
      ["not-ours", undefined, undefined],
      ...messageIds(batch).map((id, at) => {
        const runId = [WEB, "db-20261123-093015-m4c81t", "data-20261123-093018-p07xza"][at] ?? "";
        return [id, runId.split("-")[0], runId];
      }),
    ]);
    for (const line of lines) expect(line).toMatchObject(OF_CHECK);
  });

  it("nothing of an invocation that works at the same time, or that was before", async () => {
    const on = logging(new Installation());
    const event = sqsSample("check-status/run");
    await Promise.all(
      ["a", "b", "c"].map((id) => on.call(checkStatus, event, invocation("check-status", id))),
    );
    expect(lines.map(({ requestId }) => requestId).toSorted()).toEqual(["a", "b", "c"]);
    on.backend.log.info("between two invocations");
    expect(lines.at(-1)).not.toHaveProperty("run");
    expect(lines.at(-1)).not.toHaveProperty("requestId");
  });

  it("the recipe of a check between runs", async () => {
    const { on, recipeStateWith } = stage();
    on.put(recipeStateKey("web"), { ...recipeStateWith("deleting"), activeRun: null }, 12);
    logging(on).onRequest = () => {
      throw new CloudError("the cloud is down", { kind: "unanswered" });
    };
    await on.call(
      retireImages,
      sqsSample("retire-images/recipe"),
      invocation("retire-images", "r"),
    );
    expect(lines).toEqual([
      expect.objectContaining({ message: "clean-up put off", recipe: "web", requestId: "r" }),
    ]);
  });

  it("the server whose source is reconciled", async () => {
    const on = logging(new Installation());
    const { body } = sqsSample("restore-source/server").Records[0] ?? { body: "" };
    const { key } = z
      .object({ key: z.object({ pk: z.string(), sk: z.string() }) })
      .parse(JSON.parse(body));
    on.put(key, { ...sourceItem(), schema: 0 }, 1);
    await on.call(
      restoreSource,
      sqsSample("restore-source/server"),
      invocation("restore-source", "r"),
    );
    expect(lines).toEqual([expect.objectContaining({ source: key.pk.slice(2), requestId: "r" })]);
  });

  it("the run of a dead letter", async () => {
    const on = logging(new Installation());
    on.putRun(run({ step: "check-status", reconcileAtMs: NOW }), 7);
    await on.call(deadLetters, sqsSample("dead-letters/run"), invocation("dead-letters", "r"));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(line).toMatchObject({
        function: "dead-letters",
        requestId: "r",
        recipe: "web",
        run: WEB,
      });
      expect(line).not.toHaveProperty("step");
    }
  });
});
