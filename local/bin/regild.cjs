#!/usr/bin/env node
"use strict";
// Plain JavaScript for any Node. A package holds the built command; a clone runs its own source, on Node 24.
// CommonJS, because that is ready sooner: for an ES module Node makes modules of its own parts that are imported.
const { existsSync } = require("node:fs");
const nodeModule = require("node:module");
const path = require("node:path");

const source = path.join(__dirname, "../cli/main.ts");
const built = path.join(__dirname, "../../dist/cli/regild.cjs");
const reading = path.join(__dirname, "../../dist/cli/reading.cjs");
const quick = path.join(__dirname, "../../dist/cli/quick.cjs");
const ownNode = path.join(__dirname, "../../node_modules/node/bin/node");

if (!existsSync(source)) {
  if (isAtLeast(22, 19)) {
    nodeModule.enableCompileCache();
    require(fileFor(process.argv.slice(2)));
  } else {
    refuse("22.19", "Install a newer Node, or use the single executable, which needs none");
  }
} else if (isAtLeast(24, 21)) {
  void runSource();
} else if (existsSync(ownNode)) {
  runWith(ownNode);
} else {
  refuse("24.21", "Run npm ci in its folder, which brings one along, or install a newer Node");
}

/** The whole command takes longer to read than these take, so smaller files answer them. */
function fileFor(/** @type {string[]} */ args) {
  const [first = "", ...others] = args;
  if (others.length === 0 && ["--help", "-h", "--version", "-V"].includes(first)) return quick;
  return ["status", "runs", "images", "history", "schedule"].includes(first) ? reading : built;
}

function isAtLeast(/** @type {number} */ oldestMajor, /** @type {number} */ oldestMinor) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

function refuse(/** @type {string} */ oldest, /** @type {string} */ remedy) {
  const has = `regild needs Node ${oldest} or newer, and this is ${process.version}`;
  process.stderr.write(`${has}. ${remedy}.\n`);
  process.exitCode = 1;
}

async function runSource() {
  // Nearly halves the time to start: types need not be taken out of the same files again.
  nodeModule.enableCompileCache();
  const { main } = await import("../cli/main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

/** @param {string} node */
function runWith(node) {
  const { spawn } = require("node:child_process");
  const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: "inherit" });
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
