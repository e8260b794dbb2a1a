import { scaleBand, scaleSqrt } from "d3-scale";
import { duration } from "../cli/text/format.ts";
import { html, type Html } from "./html.ts";
import { RECENT_RUNS, type RecentRun } from "./recent-runs.ts";
import { runPath } from "./words.ts";
import { clock } from "../cli/text/format.ts";

const WIDTH = 240;
const HEIGHT = 36;
/** Also the shortest run is a bar that can be seen and hit. */
const SHORTEST = 9;

/** Of runs that have all ended, on the day that its times were written for. */
const drawn = new WeakMap<readonly RecentRun[], { day: string; strip: Html }>();

/** One bar for each run: its height is the duration, its form and colour the outcome. */
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
  const slots = Array.from({ length: RECENT_RUNS }, (_, index) => index);
  const x = scaleBand(slots, [0, WIDTH]).paddingInner(0.25);
  const longest = Math.max(...runs.map((run) => secondsOf(run, nowMs)));
  const height = scaleSqrt([0, longest], [SHORTEST, HEIGHT]);
  const first = RECENT_RUNS - runs.length;
  const bars = runs.map((run, index): Bar => ({
    run,
    left: x(first + index) ?? 0,
    width: x.bandwidth(),
    top: HEIGHT - height(secondsOf(run, nowMs)),
  }));
  return html`<svg
    class="strip"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="group"
    aria-label="The last ${runs.length} runs of ${recipe}, oldest first"
  >
    ${bars.map((bar, index) => barLink(bar, { nowMs, isNewest: index === bars.length - 1 }))}
    ${barShapes(bars)}
  </svg>`;
}

interface Bar {
  run: RecentRun;
  left: number;
  width: number;
  top: number;
}

function barLink(
  { run, left, width }: Bar,
  { nowMs, isNewest }: { nowMs: number; isNewest: boolean },
): Html {
  const label = `${run.state}, started ${clock(new Date(run.startedAtMs).toISOString(), nowMs)}, ${duration(secondsOf(run, nowMs))}`;
  // Arrow keys lead to the others: one stop for the keyboard a recipe, not thirty.
  return html`<a href="${runPath(run.id)}" aria-label="${label}" tabindex="${isNewest ? 0 : -1}"
    ><title>${label}</title><rect class="hit" x="${n(left)}" width="${n(width)}" height="${HEIGHT}"
  /></a>`;
}

/** One shape for all runs of an outcome: a page has fifteen hundred bars. */
function barShapes(bars: readonly Bar[]): Html[] {
  const byState = Map.groupBy(bars, ({ run }) => run.state);
  const shapes = [...byState].map(([state, of]) => shape(`bar ${state}`, of.map(outline)));
  const failed = byState.get("failed") ?? [];
  return [...shapes, ...(failed.length === 0 ? [] : [shape("mark", failed.map(cross))])];
}

function shape(look: string, paths: readonly string[]): Html {
  return html`<path class="${look}" d="${paths.join("")}" />`;
}

function outline({ left, width, top }: Bar): string {
  const [l, t] = [n(left + 0.75), n(top + 0.75)];
  return `M${l} ${t}h${n(width - 1.5)}V${n(HEIGHT - 0.75)}H${l}z`;
}

/** What tells a failed run without its colour. */
function cross({ left, width, top }: Bar): string {
  const [l, r] = [n(left + 2), n(left + width - 2)];
  const [t, b] = [n(top + 2.5), n(top + width - 1.5)];
  return `M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}`;
}

function secondsOf({ startedAtMs, endedAtMs }: RecentRun, nowMs: number): number {
  return Math.max(0, ((endedAtMs ?? nowMs) - startedAtMs) / 1000);
}

/** A length of a drawing; more digits nobody sees. */
export function n(length: number): string {
  return String(Math.round(length * 100) / 100);
}
