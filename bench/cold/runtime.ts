/**
 * What a process does that Lambda starts: an ES module that loads these of Node, then the function, which is ready then
 * (Lambda's phase "init" ends), and calls it. It ends where the function would make its first call, or has none to make,
 * and says what both took since the process began.
 * Source: aws-lambda-nodejs-runtime-interface-client 3.3, src/index.mjs, RAPIDClient.js, UserFunction.js. What is left
 * out of it (54 KB of its own, a native client) would make every start longer, and every ratio smaller.
 */
import { createRequire } from "node:module";

const fs = process.getBuiltinModule("node:fs");
const http = process.getBuiltinModule("node:http");
for (const name of ["assert", "net", "path", "util"]) process.getBuiltinModule(name);

const [file = "", event = ""] = process.argv.slice(2);
const loaded: unknown = createRequire(import.meta.url)(file);
if (!hasHandler(loaded)) throw new Error(`${file} has no handler`);
const readyMs = cpuMs();
http.request = () => end({ called: true });
await loaded.handler(JSON.parse(event), { functionName: "cold", awsRequestId: "cold" });
end({ called: false });

function hasHandler(
  module: unknown,
): module is { handler(event: unknown, context: object): unknown } {
  return typeof module === "object" && module !== null && "handler" in module;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function end({ called }: { called: boolean }): never {
  fs.writeSync(1, JSON.stringify({ readyMs, firstCallMs: cpuMs(), called }));
  process.exit(0);
}
