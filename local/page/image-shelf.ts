import type * as z from "zod/mini";
import { imageNext, imageStored } from "../cli/text/images.ts";
import { faultText } from "../cli/text/current-fault.ts";
import type { imagesDocument, ImageView } from "../view/images.ts";
import { pinForm, rollbackLink } from "./forms.ts";
import { html, type Html } from "./html.ts";
import type { Viewer } from "./viewer.ts";
import { axisLabels, type Span, type TimeAxis, timeAxis, timeRow } from "./time-axis.ts";
import { at, copyable, runPath } from "./words.ts";

/** Each image on a common time axis: made, current, kept to go back to, deleted. */
export function imageShelf(
  { recipe, images }: z.infer<typeof imagesDocument>,
  nowMs: number,
  viewer: Viewer,
): Html {
  if (images.length === 0) return html`<p class="quiet">No image yet</p>`;
  const axis = shelfAxis(images, nowMs);
  return html`${LEGEND}
    <table class="shelf" role="table">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Image</th>
          <th role="columnheader" scope="col">State</th>
          <th role="columnheader" scope="col" class="chart">
            <span class="hidden">When</span>${axisLabels(axis, 5)}
          </th>
          <th role="columnheader" scope="col">What comes next</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${images.map((image) => imageRow(image, { recipe, axis, viewer }, nowMs))}
      </tbody>
    </table>`;
}

/** From the oldest image until the last delete that is due; at least a little beyond now. */
function shelfAxis(images: readonly ImageView[], nowMs: number): TimeAxis {
  const fromMs = Math.min(nowMs, ...images.map(({ created_at: created }) => Date.parse(created)));
  const ends = images.flatMap(({ next: { at } }) => (at === null ? [] : [Date.parse(at)]));
  const beyondMs = Math.max(60_000, (nowMs - fromMs) * 0.15);
  return timeAxis(fromMs, Math.max(nowMs + beyondMs, ...ends));
}

const LEGEND = html`<p class="legend" aria-hidden="true">
  <span>${swatch("made")} made</span><span>${swatch("current")} current</span>
  <span>${swatch("kept")} kept</span><span>${swatch("now")} now</span>
</p>`;

function swatch(kind: string): Html {
  return html`<svg class="timeline" width="18" height="12">
    ${
      kind === "now"
        ? html`<line class="now" x1="9" x2="9" y1="0" y2="12" />`
        : html`<rect class="${kind}" x="1" y="2" width="16" height="8" rx="2" />`
    }
  </svg>`;
}

function imageRow(
  image: ImageView,
  { recipe, axis, viewer }: { recipe: string; axis: TimeAxis; viewer: Viewer },
  nowMs: number,
): Html {
  const next = image.fault === null ? imageNext(image.next, nowMs) : faultText(image.fault, nowMs);
  const label = `${image.name}: ${image.state}, created ${image.created_at}`;
  const marks = [{ atMs: nowMs, kind: "now" }];
  return html`<tr role="row" class="${image.state}">
    <th role="rowheader" scope="row">
      <a class="name" href="${runPath(image.run)}">${image.name}</a>
      ${copyable(image.id, "the id of the image")}
    </th>
    <td role="cell" data-label="State">
      <span class="badge ${image.state}">${image.state}</span>
      <span class="quiet">${imageStored(image)}, made ${at(image.created_at, nowMs)}</span>
      ${image.zones.length > 0 && html`<span class="quiet">${zonesText(image)}</span>`}
    </td>
    <td role="cell" class="chart">${timeRow(axis, label, spansOf(image, axis, nowMs), marks)}</td>
    <td role="cell" data-label="What comes next">
      ${next === "–" ? "stays current" : next} ${rowActions(image, recipe, viewer)}
    </td>
  </tr>`;
}

function rowActions(image: ImageView, recipe: string, viewer: Viewer): Html | null {
  const back = image.state === "retired" ? rollbackLink(recipe, image.id, viewer) : null;
  const parts = [back, pinForm(recipe, image, viewer)].filter((part) => part !== null);
  return parts.length === 0 ? null : html`<div class="actions">${parts}</div>`;
}

function zonesText({ promoted_at: promotedAt, zones }: ImageView): string {
  const list = zones.join(", ");
  return promotedAt === null ? `for zones ${list}` : `was usable in zones ${list}`;
}

function spansOf(image: ImageView, axis: TimeAxis, nowMs: number): Span[] {
  const createdMs = Date.parse(image.created_at);
  const promotedMs = image.promoted_at === null ? nowMs : Date.parse(image.promoted_at);
  const retiredMs = image.retired_at === null ? nowMs : Date.parse(image.retired_at);
  const endMs = Number(axis.domain()[1]);
  const spans: Span[] = [{ fromMs: createdMs, untilMs: promotedMs, kind: "made" }];
  if (image.promoted_at !== null) {
    spans.push({ fromMs: promotedMs, untilMs: retiredMs, kind: "current" });
  }
  if (image.retired_at !== null) {
    const { action, at } = image.next;
    const untilMs = at === null ? (action === "kept" ? endMs : nowMs) : Date.parse(at);
    spans.push({ fromMs: retiredMs, untilMs: Math.max(untilMs, nowMs), kind: "kept" });
  }
  return spans;
}
