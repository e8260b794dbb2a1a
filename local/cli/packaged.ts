// Begins the packaged command, on Node 22 too: what that lacks comes first.
import "core-js/actual/async-disposable-stack/index.js";
import "core-js/actual/disposable-stack/index.js";
import "./without-sqlite-warning.ts";
import { main } from "./main.ts";

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
