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
const TIMES = 9;
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
    const ask = {
      first: (url: string) => firstByteMs(url),
      rendered: (url: string) => renderedMs(browser, url),
    };
    const [first, rendered] = [
      await inTurns(ask.first, `${many.url}${path}`, empty.url),
      await inTurns(ask.rendered, `${many.url}${path}`, empty.url),
    ];
    rows.push([path, ...cells(first), ...cells(rendered)]);
    bounds.push({ what: `${path}: first byte`, measured: first.ratio, atMost: AT_MOST });
    bounds.push({ what: `${path}: rendered`, measured: rendered.ratio, atMost: AT_MOST });
  }
  print(`${MANY.recipes} recipes, ${MANY.recipes * MANY.runsEach} runs; medians of ${TIMES}`, rows);
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
  manyUrl: string,
  emptyUrl: string,
): Promise<Compared> {
  await measure(manyUrl);
  await measure(emptyUrl);
  const [ofMany, ofEmpty]: [number[], number[]] = [[], []];
  for (let time = 0; time < TIMES; time++) {
    ofMany.push(await measure(manyUrl));
    ofEmpty.push(await measure(emptyUrl));
  }
  const [many, empty] = [median(ofMany), median(ofEmpty)];
  return { many, empty, ratio: many / empty };
}

function cells({ many, empty, ratio }: Compared): string[] {
  return [`${many.toFixed(1)} ms`, `${empty.toFixed(1)} ms`, `${ratio.toFixed(2)} ×`];
}
