import { globSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { budgetOf } from "../deploy/budget.ts";
import { type Bundle, bundle, FUNCTIONS } from "../deploy/bundle.ts";
import { bytesByPackage, packagesAlone } from "./cold/packages.ts";
import { type Start, startAll } from "./cold/starts.ts";
import { type Bound, print, failOver } from "./print.ts";

const EMPTY = {
  name: "an empty handler",
  code: "exports.handler = async () => {};",
  event: {},
  calls: false,
};
/** Of which the packages are told: the largest, and the smallest. */
const TOLD = ["check-status", "sweep"];

const bundles = await Promise.all(FUNCTIONS.map((name) => bundle(name, { minify: true })));
const packages = await packagesAlone();
const functions = bundles.map(({ name, code }) => ({
  name,
  code,
  event: eventOf(name),
  calls: true,
}));
const starts = startAll([EMPTY, ...functions, ...packages]);
const empty = startOf(EMPTY.name);

print("CPU time from process start until ready, and until the first call (medians, alternating)", [
  ["", "KB", "gzipped", "ready ms", "ratio", "first call ms", "ratio"],
  [EMPTY.name, "", "", ...timesOf(empty)],
  ...bundles.map(({ name, code }) => [
    name,
    kb(code.length),
    kb(gzippedBytes(code)),
    ...timesOf(startOf(name)),
  ]),
]);

const told = bundles.filter(({ name }) => TOLD.includes(name));
const bytes = told.map(({ metafile }) => bytesByPackage(metafile));
const names = new Set([
  ...bytes.flatMap((each) => [...each.keys()]),
  ...packages.map((p) => p.name),
]);
print("What each package costs: KB in a bundle, and the start of a function that has it alone", [
  ["", ...told.map(({ name }) => name), "ready ms", "ratio", "used once ms", "ratio"],
  ...Array.from(names, (name) => {
    const alone = starts.get(name);
    const times = alone === undefined ? [] : timesOf(alone);
    return [name, ...bytes.map((each) => kb(each.get(name) ?? 0)), ...times];
  }),
]);

failOver(bundles.flatMap(boundsOf));

function boundsOf({ name, code }: Bundle): Bound[] {
  const { gzippedKb, ready, firstCall } = budgetOf(name);
  const start = startOf(name);
  return [
    { what: `${name}, KB gzipped`, measured: gzippedBytes(code) / 1024, atMost: gzippedKb },
    {
      what: `${name}, CPU time until ready over an empty handler's`,
      measured: start.readyMs / empty.readyMs,
      atMost: ready,
    },
    {
      what: `${name}, CPU time until its first call over an empty handler's`,
      measured: start.firstCallMs / empty.firstCallMs,
      atMost: firstCall,
    },
  ];
}

function startOf(name: string): Start {
  const start = starts.get(name);
  if (start === undefined) throw new Error(`${name} was not started`);
  return start;
}

function eventOf(name: string): unknown {
  const files = globSync(`events/${name}/*.json`).toSorted();
  const file = files.find((each) => /\/(run|tick)\.json$/.test(each)) ?? files[0] ?? "";
  return JSON.parse(readFileSync(file, "utf8"));
}

function timesOf({ readyMs, firstCallMs }: Start): string[] {
  const over = (ms: number, emptyMs: number) => [ms.toFixed(1), `${(ms / emptyMs).toFixed(2)} ×`];
  return [...over(readyMs, empty.readyMs), ...over(firstCallMs, empty.firstCallMs)];
}

function gzippedBytes(code: Uint8Array): number {
  return gzipSync(code).length;
}

function kb(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
