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

/** One bar for each run: its height is the duration, its form and colour the outcome. */
export function runsStrip(recipe: string, runs: readonly RecentRun[], nowMs: number): Html {
  if (runs.length === 0) return html`<span class="quiet">no run yet</span>`;
  const slots = Array.from({ length: RECENT_RUNS }, (_, index) => index);
  const x = scaleBand(slots, [0, WIDTH]).paddingInner(0.25);
  const longest = Math.max(...runs.map((run) => secondsOf(run, nowMs)));
  const height = scaleSqrt([0, longest], [SHORTEST, HEIGHT]);
  const first = RECENT_RUNS - runs.length;
  const width = x.bandwidth();
  const bars = runs.map((run, index) => {
    const bar = {
      left: x(first + index) ?? 0,
      width,
      height: height(secondsOf(run, nowMs)),
    };
    return barLink(run, bar, { nowMs, isNewest: index === runs.length - 1 });
  });
  return html`<svg
    class="strip"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="group"
    aria-label="The last ${runs.length} runs of ${recipe}, oldest first"
  >
    ${bars}
  </svg>`;
}

function barLink(
  run: RecentRun,
  { left, width, height }: { left: number; width: number; height: number },
  { nowMs, isNewest }: { nowMs: number; isNewest: boolean },
): Html {
  const label = `${run.state}, started ${clock(new Date(run.startedAtMs).toISOString(), nowMs)}, ${duration(secondsOf(run, nowMs))}`;
  const top = HEIGHT - height;
  // Arrow keys lead to the others: one stop for the keyboard a recipe, not thirty.
  return html`<a href="${runPath(run.id)}" aria-label="${label}" tabindex="${isNewest ? 0 : -1}"
    ><title>${label}</title
    ><rect class="hit" x="${n(left)}" y="0" width="${n(width)}" height="${HEIGHT}" /><rect
      class="bar ${run.state}"
      x="${n(left + 0.75)}"
      y="${n(top + 0.75)}"
      width="${n(width - 1.5)}"
      height="${n(height - 1.5)}"
      rx="1.5"
    />${run.state === "failed" && cross(left, width, top)}</a
  >`;
}

/** What tells a failed run without its colour. */
function cross(left: number, width: number, top: number): Html {
  const [l, r] = [n(left + 2), n(left + width - 2)];
  const [t, b] = [n(top + 2.5), n(top + width - 1.5)];
  return html`<path class="mark" d="M${l} ${t}L${r} ${b}M${r} ${t}L${l} ${b}" />`;
}

function secondsOf({ startedAtMs, endedAtMs }: RecentRun, nowMs: number): number {
  return Math.max(0, ((endedAtMs ?? nowMs) - startedAtMs) / 1000);
}

/** A length of a drawing; more digits nobody sees. */
export function n(length: number): string {
  return String(Math.round(length * 100) / 100);
}
