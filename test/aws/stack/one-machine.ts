/** A thread, with a `Date` of its own, in which the demo runs on one machine. It posts what that has come to. */
import { parentPort } from "node:worker_threads";
import { openDemoHost } from "../../../local/demo/demo-host.ts";
import { refreshTwice } from "../../../local/demo/refresh-twice.ts";
import { outcomeOf } from "./outcome.ts";

await using host = await openDemoHost();
const silent = () => ({ update: () => {}, end: () => {} });
const report = await refreshTwice(host, silent, new AbortController().signal);
parentPort?.postMessage(outcomeOf(report, host.cloud));
