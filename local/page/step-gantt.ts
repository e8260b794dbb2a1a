import { callText } from "../cli/text/run-report.ts";
import { duration, hoursAndMinutes } from "../cli/text/format.ts";
import type { RunReport } from "../view/run-report.ts";
import type { StepView } from "../view/steps.ts";
import { html, type Html, type Part } from "./html.ts";
import { axisLabels, type Span, type TimeAxis, timeAxis, timeRow } from "./time-axis.ts";

/** The time in which the run had the server switched off. */
export interface Outage {
  fromMs: number;
  /** Null: the server is still off. */
  untilMs: number | null;
  name: string;
}

const SIGNS = { done: "✓", failed: "✗", running: "●" };
/** The calls of one step; a cloud that refuses for hours makes thousands. */
const MAX_CALLS = 100;

/** Each step with its time on a common axis, the outage shaded behind, and the calls that changed something. */
export function stepsTable(run: RunReport, outage: Outage | null, nowMs: number): Html {
  const untilMs = run.ended_at === null ? nowMs : Date.parse(run.ended_at);
  const axis = timeAxis(Date.parse(run.started_at), untilMs);
  return html`<table class="steps" role="table">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Step</th>
        <th role="columnheader" scope="col">Began</th>
        <th role="columnheader" scope="col">Took</th>
        <th role="columnheader" scope="col" class="chart">
          <span class="hidden">When</span>${axisLabels(axis, 5)}
        </th>
        <th role="columnheader" scope="col">Result</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${run.steps.map((step) => stepRow(step, axis, outage, nowMs))}
    </tbody>
  </table>`;
}

function stepRow(step: StepView, axis: TimeAxis, outage: Outage | null, nowMs: number): Html {
  const fromMs = Date.parse(step.started_at);
  const untilMs = fromMs + step.took_seconds * 1000;
  const shade: Span[] =
    outage === null
      ? []
      : [{ fromMs: outage.fromMs, untilMs: outage.untilMs ?? nowMs, kind: "outage" }];
  const spans = [...shade, { fromMs, untilMs, kind: `step ${step.state}` }];
  return html`<tr role="row" class="${step.state}">
    <th role="rowheader" scope="row">
      <span class="sign ${step.state}" aria-hidden="true">${SIGNS[step.state]}</span> ${step.name}
      <span class="hidden">${step.state}</span>
    </th>
    <td role="cell" data-label="Began">
      <time datetime="${step.started_at}">${hoursAndMinutes(step.started_at)}</time>
    </td>
    <td role="cell" data-label="Took">${duration(step.took_seconds)}</td>
    <td role="cell" class="chart">
      ${timeRow(axis, `${step.name}, ${duration(step.took_seconds)}`, spans)}
    </td>
    <td role="cell" class="result">${step.message} ${calls(step)}</td>
  </tr>`;
}

function calls({ calls }: StepView): Part {
  if (calls.length === 0) return null;
  const more = calls.length - MAX_CALLS;
  return html`<ul class="calls">
    ${calls.slice(0, MAX_CALLS).map((call) => html`<li><code>${callText(call)}</code></li>`)}
    ${more > 0 && html`<li>and ${more} more calls</li>`}
  </ul>`;
}
