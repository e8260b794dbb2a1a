import { scaleLinear, scalePoint } from "d3-scale";
import { line } from "d3-shape";
import { bytes, clock, duration } from "../cli/text/format.ts";
import type { Run } from "../../shared/run/record.ts";
import { html, type Html } from "./html.ts";
import { n } from "./runs-strip.ts";
import { runPath } from "./words.ts";

/** An upload that was finished. */
export interface Upload {
  run: string;
  atMs: number;
  seconds: number;
  /** Null: not known. */
  sizeBytes: number | null;
}

/** Null: the run has uploaded nothing to its end. */
export function uploadOf({ id, candidate, outcome }: Run): Upload | null {
  if (outcome !== "succeeded" || candidate === null || candidate.activeAtMs === null) return null;
  const { askedAtMs, activeAtMs, sizeBytes } = candidate;
  return { run: id, atMs: activeAtMs, seconds: (activeAtMs - askedAtMs) / 1000, sizeBytes };
}

interface Drawing {
  title: string;
  /** What the highest point is called. */
  extreme: string;
  write: (value: number) => string;
}
const TIMES: Drawing = { title: "Time of the upload", extreme: "Longest", write: duration };
const SIZES: Drawing = { title: "Size of the image", extreme: "Largest", write: bytes };

interface Point {
  run: string;
  when: string;
  value: number;
  label: string;
}

export function uploadCharts(uploads: readonly Upload[], nowMs: number): Html {
  const when = ({ atMs }: Upload) => clock(new Date(atMs).toISOString(), nowMs);
  const times = uploads.map((upload) => ({
    run: upload.run,
    when: when(upload),
    value: upload.seconds,
    label: `${when(upload)}: ${duration(upload.seconds)}`,
  }));
  const sizes = uploads.flatMap((upload) =>
    upload.sizeBytes === null || upload.sizeBytes === 0
      ? []
      : [
          {
            run: upload.run,
            when: when(upload),
            value: upload.sizeBytes,
            label: `${when(upload)}: ${bytes(upload.sizeBytes)}`,
          },
        ],
  );
  return html`<div class="charts">
    ${chart(TIMES, times)} ${sizes.length > 1 && chart(SIZES, sizes)}
  </div>`;
}

const HEIGHT = 96;
const TOP = 10;

/** Points joined by a line, from zero. Coordinates are shares of the width, so text and points keep their form. */
function chart({ title, extreme, write }: Drawing, points: readonly Point[]): Html {
  const most = Math.max(...points.map(({ value }) => value));
  const x = scalePoint(
    points.map((_, index) => index),
    [1.5, 98.5],
  );
  const y = scaleLinear([0, most], [HEIGHT, TOP]);
  const path = line<Point>()
    .x((_, index) => x(index) ?? 0)
    .y(({ value }) => y(value))(points);
  const last = points.at(-1);
  return html`<figure>
    <figcaption>
      ${title}: <b>${last === undefined ? "–" : write(last.value)}</b>
      <span class="quiet">the last one. ${extreme}: ${write(most)}</span>
    </figcaption>
    <svg class="chart" width="100%" height="${HEIGHT + 4}" role="group" aria-label="${title}">
      <line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}" />
      <svg viewBox="0 0 100 ${HEIGHT}" width="100%" height="${HEIGHT}" preserveAspectRatio="none">
        <path class="line" d="${path ?? ""}" />
      </svg>
      ${points.map(
        ({ run, value, label }, index) =>
          html`<a
            href="${runPath(run)}"
            aria-label="${label}"
            tabindex="${index === points.length - 1 ? 0 : -1}"
            ><title>${label}</title
            ><circle class="point" cx="${n(x(index) ?? 0)}%" cy="${n(y(value))}" r="3.5"
          /></a>`,
      )}
    </svg>
    <p class="ends quiet" aria-hidden="true">
      <span>${points[0]?.when ?? ""}</span><span>${last?.when ?? ""}</span>
    </p>
  </figure>`;
}
