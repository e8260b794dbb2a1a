/**
 * What runs in each instance of a function: the little of Lambda's Node runtime that a handler can notice. Started in an
 * environment that is the function's own; the stack hands it one event at a time.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Invocation, Outcome, Report } from "./messages.ts";
import { setDate } from "./set-date.ts";

type Handler = (event: unknown, context: object) => Promise<unknown>;

let nowMs = Number(process.argv[2]);
setDate(() => nowMs);

const beforeLoading = process.cpuUsage();
const handler = load(process.env["LAMBDA_TASK_ROOT"] ?? "", process.env["_HANDLER"] ?? "");
const loadCpuMs = cpuMsSince(beforeLoading);

process.on("message", (message) => {
  if (!isInvocation(message)) throw new Error("not an invocation");
  nowMs = message.nowMs;
  void report(message);
});

async function report(invocation: Invocation): Promise<void> {
  const before = process.cpuUsage();
  const outcome = await invoke(invocation);
  const cpuMs = cpuMsSince(before);
  // Not its peak: as Linux counts that, it begins with the process that has started this one.
  const residentBytes = process.memoryUsage.rss();
  const told: Report = { ...outcome, residentBytes, cpuMs, loadCpuMs };
  process.send?.(told);
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function invoke({ event, requestId }: Invocation): Promise<Outcome> {
  const functionName = process.env["AWS_LAMBDA_FUNCTION_NAME"];
  const context = { functionName, awsRequestId: requestId, callbackWaitsForEmptyEventLoop: true };
  try {
    return { result: (await handler(event, context)) ?? null };
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { error: { name, message } };
  }
}

/** `dist/functions/sweep/handler.handler`: a module, looked for with the extensions that Lambda tries, and its export. */
function load(root: string, name: string): Handler {
  const [path = "", exported = ""] = name.split(/\.(?=[^./]*$)/);
  const files = [".js", ".mjs", ".cjs"].map((extension) => join(root, path + extension));
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`there is no module ${path} in the package`);
  const loaded: unknown = createRequire(file)(file);
  const found: unknown = Reflect.get(Object(loaded), exported);
  if (!isHandler(found)) throw new Error(`${path} exports no ${exported}`);
  return found;
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}

function isInvocation(value: unknown): value is Invocation {
  return typeof value === "object" && value !== null && "event" in value && "nowMs" in value;
}
