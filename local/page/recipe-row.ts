import { about, duration, sentText } from "../cli/text/format.ts";
import { pauseStateText } from "../cli/text/pause.ts";
import { serverOffText } from "../cli/text/server-off.ts";
import type { RunView } from "../view/run.ts";
import type { RecipeStatus } from "../view/status.ts";
import { html, type Html, type Part } from "./html.ts";
import type { RecentRun } from "./recent-runs.ts";
import { runsStrip } from "./runs-strip.ts";
import { at, copyable, recipePath, runPath, sign } from "./words.ts";

/** One recipe: its current image and that image's age, its last runs, what is done now, and when it starts next. */
export function recipeRow(status: RecipeStatus, runs: readonly RecentRun[], nowMs: number): Html {
  const { recipe, cloud, region_name: region } = status;
  return html`<tr
    id="recipe-${recipe}"
    role="row"
    data-live
    class="${status.needs_you ? "needy" : ""}"
  >
    <th role="rowheader" scope="row">
      <a href="${recipePath(recipe)}">${recipe}</a>
      ${status.needs_you && html`<span class="badge bad">▲ needs you</span>`}
      ${
        status.paused !== null &&
        html`<span class="badge off">❚❚ ${pauseStateText(status.paused, nowMs)}</span>`
      }
      <span class="quiet">${cloud}${region !== null && ` (${region})`}</span>
    </th>
    <td role="cell" data-label="Current image">${currentCell(status)}</td>
    <td role="cell" data-label="Age">${ageCell(status, nowMs)}</td>
    <td role="cell" data-label="Last 30 runs">${runsStrip(recipe, runs, nowMs)}</td>
    <td role="cell" data-label="Now">${nowCell(status.last_run, nowMs)}</td>
    <td role="cell" data-label="Next start">
      ${status.next_start_at === null ? "–" : at(status.next_start_at, nowMs)}
    </td>
  </tr>`;
}

function currentCell({ current }: RecipeStatus): Part {
  if (current === null) return html`<span class="quiet">no image yet</span>`;
  return html`<span class="name">${current.name}</span>
    ${copyable(current.id, "the id of the image")}
    ${current.fault !== null && html`<span class="badge bad">▲ ${current.fault.status}</span>`}`;
}

/** The age, and how much of the time until the recipe is overdue has passed. */
function ageCell({ current, fresh }: RecipeStatus, nowMs: number): Part {
  const { overdue_at: overdueAt, state } = fresh;
  const sinceMs = current === null ? null : Date.parse(current.since);
  const age = sinceMs === null ? "–" : about((nowMs - sinceMs) / 1000);
  if (state === "overdue" && overdueAt !== null) {
    return html`${age}
      <span class="badge bad"
        >▲ overdue for ${about((nowMs - Date.parse(overdueAt)) / 1000)}</span
      >`;
  }
  if (overdueAt === null || sinceMs === null) {
    return html`${age} ${state === "no_schedule" && html`<span class="quiet">no schedule</span>`}`;
  }
  const whole = Date.parse(overdueAt) - sinceMs;
  return html`${age}
    <meter
      min="0"
      max="${whole}"
      value="${Math.min(whole, nowMs - sinceMs)}"
      aria-label="Age against the schedule"
    ></meter>
    <span class="quiet">overdue in ${about((Date.parse(overdueAt) - nowMs) / 1000)}</span>`;
}

/** What the run at work does, with time left and downtime so far; else how the last one ended. */
export function nowCell(run: RunView | null, nowMs: number): Part {
  if (run === null) return html`<span class="quiet">no run yet</span>`;
  const link = (text: Part) => html`<a href="${runPath(run.id)}">${sign(run.state)} ${text}</a>`;
  if (run.ended_at !== null) {
    const ago = about((nowMs - Date.parse(run.ended_at)) / 1000);
    const what = run.failure === null ? run.state : `${run.state}: ${run.failure.code}`;
    return html`${link(what)} <span class="quiet">${ago} ago</span>`;
  }
  return html`${link(run.step)} <span class="quiet">${workText(run, nowMs)}</span> ${
      run.server_off !== null &&
      html`<span class="badge off"
        >${serverOffText(run.server_off)} for
        ${duration((nowMs - Date.parse(run.server_off.since)) / 1000)}</span
      >`
    }`;
}

function workText(run: RunView, nowMs: number): Part {
  if (run.nobody_works_since !== null) {
    return html`<strong>nobody works on it since ${at(run.nobody_works_since, nowMs)}</strong>`;
  }
  if (run.state === "cancelling") return "being cancelled";
  if (run.failure !== null) return `undoes what it did: ${run.failure.code}`;
  if (run.sent !== null) return sentText(run.sent);
  if (run.expected_left_seconds !== null) return `about ${about(run.expected_left_seconds)} left`;
  return `for ${about(run.elapsed_seconds)}`;
}
