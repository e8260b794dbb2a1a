#!/usr/bin/env node
// Plain JavaScript that any Node reads: it finds the Node that runs the rest, TypeScript as it is.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const OLDEST = [24, 21];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const ownNode = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));

if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  // Nearly halves the time to start: types need not be taken out of the same files again.
  module.enableCompileCache();
  const { main } = await import("../cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(ownNode)) {
  runWith(ownNode);
} else {
  process.stderr.write(
    `regild needs Node ${OLDEST.join(".")} or newer, and this is ${process.version}. ` +
      `Run npm ci in its folder, which brings one along, or install a newer Node.\n`,
  );
  process.exitCode = 1;
}

/** @param {string} node */
function runWith(node) {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // At a terminal Ctrl-C reaches both processes already, and twice would mean: at once.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  child.on("error", (error) => {
    process.stderr.write(`regild: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (status, signal) => {
    if (signal === null) process.exit(status ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
