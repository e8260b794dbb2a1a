// Begins the packaged command, on Node 22 too: what that lacks comes first.
import "core-js/actual/async-disposable-stack/index.js";
import "core-js/actual/disposable-stack/index.js";
import "./without-sqlite-warning.ts";
import { main } from "./main.ts";

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
