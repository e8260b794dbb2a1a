import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "../test/browser/browser.ts";
import { openPageOn } from "./page/opened.ts";
import { firstByteMs, median, renderedMs } from "./page/times.ts";
import { type Bound, failOver, print } from "./print.ts";

const MANY = { recipes: 500, runsEach: 100 };
/** The same recipes, and a data file without a run. */
const EMPTY = { recipes: 500, runsEach: 0 };
/** The first answers of a process are slower than all later ones, and not alike for both. */
const FIRST_BYTES = { warmUp: 40, times: 31 };
const RENDERED = { warmUp: 2, times: 9 };
const AT_MOST = 2;
const PATHS = ["/", "/?page=5", "/recipes/golden-007", "/runs", "/runs?recipe=golden-007"];

/** The page with many recipes and runs against the page of an empty store, taken in turns: a busy machine slows both. */
const folder = mkdtempSync(join(tmpdir(), "regild-bench-"));
try {
  await using many = await openPageOn(folder, MANY);
  await using empty = await openPageOn(folder, EMPTY);
  await using browser = await openBrowser();
  const bounds: Bound[] = [];
  const rows: string[][] = [["page", "first byte", "empty", "ratio", "rendered", "empty", "ratio"]];
  for (const path of PATHS) {
    const urls = { many: `${many.url}${path}`, empty: empty.url };
    const first = await inTurns(firstByteMs, urls, FIRST_BYTES);
    const rendered = await inTurns((url) => renderedMs(browser, url), urls, RENDERED);
    rows.push([path, ...cells(first), ...cells(rendered)]);
    bounds.push({ what: `${path}: first byte`, measured: first.ratio, atMost: AT_MOST });
    bounds.push({ what: `${path}: rendered`, measured: rendered.ratio, atMost: AT_MOST });
  }
  const medians = `medians of ${FIRST_BYTES.times} and ${RENDERED.times}`;
  print(`${MANY.recipes} recipes, ${MANY.recipes * MANY.runsEach} runs; ${medians}`, rows);
  failOver(bounds);
} finally {
  rmSync(folder, { recursive: true });
}

interface Compared {
  many: number;
  empty: number;
  ratio: number;
}

async function inTurns(
  measure: (url: string) => Promise<number>,
  urls: { many: string; empty: string },
  { warmUp, times }: { warmUp: number; times: number },
): Promise<Compared> {
  const [ofMany, ofEmpty]: [number[], number[]] = [[], []];
  for (let time = 0; time < warmUp + times; time++) {
    ofMany.push(await measure(urls.many));
    ofEmpty.push(await measure(urls.empty));
  }
  const [many, empty] = [median(ofMany.slice(warmUp)), median(ofEmpty.slice(warmUp))];
  return { many, empty, ratio: many / empty };
}

function cells({ many, empty, ratio }: Compared): string[] {
  return [`${many.toFixed(1)} ms`, `${empty.toFixed(1)} ms`, `${ratio.toFixed(2)} ×`];
}
