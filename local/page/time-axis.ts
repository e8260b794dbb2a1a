import { type ScaleTime, scaleTime } from "d3-scale";
import { html, type Html } from "./html.ts";
import { n } from "./runs-strip.ts";

/** Times as shares of a drawing's width, in percent: it fits every width, and its text stays as large as all text. */
export type TimeAxis = ScaleTime<number, number>;

export function timeAxis(fromMs: number, untilMs: number): TimeAxis {
  return scaleTime([fromMs, Math.max(untilMs, fromMs + SHORTEST_MS)], [0, 100]);
}

const SHORTEST_MS = 5000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** As d3-time-format writes it: as much of the time as tells the ticks apart. */
function formatOf(axis: TimeAxis): string {
  const [from, until] = axis.domain();
  const spanMs = Number(until) - Number(from);
  if (spanMs < 4 * MINUTE_MS) return "%H:%M:%S";
  return spanMs < 2 * DAY_MS ? "%H:%M" : "%b %-d";
}

/** At most so many: d3 takes the next round step, which can be twice as many, and they would run into each other. */
function ticksOf(axis: TimeAxis, count: number): Date[] {
  const ticks = axis.ticks(count);
  const each = Math.ceil(ticks.length / (count + 1));
  return ticks.filter((tick, index) => index % each === 0 && axis(tick) <= 90);
}

/** Labels of the axis, which stands above the rows that share it. */
export function axisLabels(axis: TimeAxis, count: number): Html {
  const format = axis.tickFormat(count, formatOf(axis));
  const ticks = ticksOf(axis, count);
  return html`<svg class="axis" width="100%" height="18" aria-hidden="true">
    ${ticks.map(
      (tick) =>
        html`<line x1="${n(axis(tick))}%" x2="${n(axis(tick))}%" y1="12" y2="18" /><text
            x="${n(axis(tick))}%"
            y="9"
            >${format(tick)}</text
          >`,
    )}
  </svg>`;
}

/** A length of time as a bar. */
export interface Span {
  fromMs: number;
  untilMs: number;
  /** Its look: page.css. */
  kind: string;
}

/** @param marks times that a line is drawn at, each with its look. */
export function timeRow(
  axis: TimeAxis,
  label: string,
  spans: readonly Span[],
  marks: ReadonlyArray<{ atMs: number; kind: string }> = [],
): Html {
  return html`<svg class="timeline" width="100%" height="20" role="img" aria-label="${label}">
    ${spans.map(({ fromMs, untilMs, kind }) => {
      const left = axis(fromMs);
      const width = Math.max(0.6, axis(untilMs) - left);
      const isShade = kind === "outage";
      return html`<rect
        class="${kind}"
        x="${n(left)}%"
        width="${n(width)}%"
        y="${isShade ? 0 : 4}"
        height="${isShade ? 20 : 12}"
        rx="${isShade ? 0 : 2}"
      />`;
    })}
    ${marks.map(
      ({ atMs, kind }) =>
        html`<line class="${kind}" x1="${n(axis(atMs))}%" x2="${n(axis(atMs))}%" y1="0" y2="20" />`,
    )}
  </svg>`;
}
