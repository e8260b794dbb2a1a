import { scaleSqrt } from "d3-scale";
import { duration } from "../cli/text/format.ts";
import { html, type Html } from "./html.ts";
import { RECENT_RUNS, type RecentRun } from "./recent-runs.ts";
import { runPath } from "./words.ts";
import { clock } from "../cli/text/format.ts";

/** Pixels from one bar to the next. */
const SLOT = 8;
const BAR = 6;
const WIDTH = SLOT * RECENT_RUNS;
const HEIGHT = 36;
/** Also the shortest run is a bar that can be seen and hit. */
const SHORTEST = 9;

/** Of runs that have all ended, on the day that its times were written for. */
const drawn = new WeakMap<readonly RecentRun[], { day: string; strip: Html }>();

/**
 * One bar for each run: its height is the duration, its form and colour the outcome. A page has fifteen hundred bars, so
 * the whole strip is one link to the runs of the recipe. The script makes a link for each bar when somebody points at a
 * strip or steps into it.
 */
export function runsStrip(recipe: string, runs: readonly RecentRun[], nowMs: number): Html {
  if (runs.length === 0) return html`<span class="quiet">no run yet</span>`;
  const day = new Date(nowMs).toDateString();
  const before = drawn.get(runs);
  if (before?.day === day) return before.strip;
  const strip = draw(recipe, runs, nowMs);
  if (runs.every(({ endedAtMs }) => endedAtMs !== null)) drawn.set(runs, { day, strip });
  return strip;
}

function draw(recipe: string, runs: readonly RecentRun[], nowMs: number): Html {
  const longest = Math.max(...runs.map((run) => secondsOf(run, nowMs)));
  const height = scaleSqrt([0, longest], [SHORTEST, HEIGHT]);
  const first = RECENT_RUNS - runs.length;
  const bars = runs.map((run, index): Bar => ({
    run,
    left: (first + index) * SLOT + (SLOT - BAR) / 2,
    top: HEIGHT - height(secondsOf(run, nowMs)),
  }));
  return html`<svg
    class="strip"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="group"
    aria-label="The last ${runs.length} runs of ${recipe}, oldest first"
    data-runs="${runs.map(({ id }) => runPath(id)).join(" ")}"
    data-labels="${runs.map((run) => labelOf(run, nowMs)).join(";")}"
    data-slot="${SLOT}"
  >
    <a
      href="/runs?${new URLSearchParams({ recipe }).toString()}"
      aria-label="${summaryOf(recipe, runs)}"
    >
      <rect class="hit" width="${WIDTH}" height="${HEIGHT}" />
    </a>
    ${barShapes(bars)}
  </svg>`;
}

interface Bar {
  run: RecentRun;
  left: number;
  top: number;
}

/** `Runs of web: 28 succeeded, 2 failed` */
function summaryOf(recipe: string, runs: readonly RecentRun[]): string {
  const byState = Map.groupBy(runs, ({ state }) => state);
  const counts = [...byState].map(([state, { length }]) => `${length} ${state}`);
  return `Runs of ${recipe}: ${counts.join(", ")}`;
}

function labelOf(run: RecentRun, nowMs: number): string {
  const started = clock(new Date(run.startedAtMs).toISOString(), nowMs);
  return `${run.state}, started ${started}, ${duration(secondsOf(run, nowMs))}`;
}

/** One shape for all runs of an outcome. */
function barShapes(bars: readonly Bar[]): Html[] {
  const byState = Map.groupBy(bars, ({ run }) => run.state);
  const shapes = [...byState].map(([state, of]) => shape(`bar ${state}`, of.map(outline)));
  const failed = byState.get("failed") ?? [];
  return [...shapes, ...(failed.length === 0 ? [] : [shape("mark", failed.map(cross))])];
}

function shape(look: string, paths: readonly string[]): Html {
  return html`<path class="${look}" d="${paths.join("")}" />`;
}

function outline({ left, top }: Bar): string {
  const [l, t] = [n(left + 0.75), n(top + 0.75)];
  return `M${l} ${t}h${BAR - 1.5}V${n(HEIGHT - 0.75)}H${l}z`;
}

/** What tells a failed run without its colour. */
function cross({ left, top }: Bar): string {
  const [l, r] = [n(left + 2), n(left + BAR - 2)];
  const [t, b] = [n(top + 2.5), n(top + BAR - 1.5)];
  return `M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}`;
}

function secondsOf({ startedAtMs, endedAtMs }: RecentRun, nowMs: number): number {
  return Math.max(0, ((endedAtMs ?? nowMs) - startedAtMs) / 1000);
}

/** A length of a drawing; more digits nobody sees. */
export function n(length: number): string {
  return String(Math.round(length * 100) / 100);
}
