import type * as z from "zod/mini";
import { about, counted } from "../cli/text/format.ts";
import type { HostView } from "../view/host.ts";
import type { statusDocument } from "../view/status.ts";
import type { CloudAnswer } from "./cloud-answers.ts";
import type { CloudQuota } from "./cloud-quotas.ts";
import { quotaList } from "./quota-list.ts";
import { html, type Html, type Part } from "./html.ts";
import { at, recipePath } from "./words.ts";

type Status = z.infer<typeof statusDocument>;

/**
 * The strip at the top: whether somebody has to do something, and what the host does.
 * @param about `quotas` null: nobody asks for them.
 */
export function summary(
  status: Status,
  {
    clouds,
    quotas,
    needy,
  }: {
    clouds: readonly CloudAnswer[] | null;
    quotas: readonly CloudQuota[] | null;
    needy: number;
  },
  nowMs: number,
): Html {
  return html`${verdict(needy)}
    <dl class="facts">
      ${fact("Host", hostText(status.host, nowMs))} ${fact("Next start", nextStart(status, nowMs))}
      ${fact("At work", counted(status.runs_under_way ?? 0, "run"))}
      ${clouds !== null && fact("Clouds", cloudList(clouds, nowMs))}
      ${quotas !== null && fact("Quota", quotaList(quotas, nowMs))}
    </dl>`;
}

function verdict(needy: number): Html {
  return needy === 0
    ? html`<p class="verdict good"><span aria-hidden="true">✓</span> ALL GOOD</p>`
    : html`<p class="verdict bad">
        <span aria-hidden="true">▲</span> ${needYou(needy).toUpperCase()}
      </p>`;
}

/** `2 need you` */
export function needYou(count: number): string {
  return `${count} ${count === 1 ? "needs" : "need"} you`;
}

export function fact(name: string, text: Part): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${text}</dd>
  </div>`;
}

function hostText(host: HostView | null, nowMs: number): Part {
  if (host === null) return "–";
  if (host.state === "running") {
    return host.since === null ? "alive" : html`alive since ${at(host.since, nowMs)}`;
  }
  if (host.last_seen === null) return "none";
  return html`<strong>not seen since ${at(host.last_seen, nowMs)}</strong>`;
}

function nextStart({ recipes }: Status, nowMs: number): Part {
  const starts = recipes.flatMap(({ recipe, next_start_at: start }) =>
    start === null ? [] : [{ recipe, start }],
  );
  const next = starts.toSorted((a, b) => a.start.localeCompare(b.start))[0];
  if (next === undefined) return "none by schedule";
  return html`${at(next.start, nowMs)}, <a href="${recipePath(next.recipe)}">${next.recipe}</a>`;
}

function cloudList(clouds: readonly CloudAnswer[], nowMs: number): Part {
  if (clouds.length === 0) return "none";
  return clouds.map(({ cloud, answered, seenAtMs }) => {
    const ago = seenAtMs === null ? "" : ` ${about((nowMs - seenAtMs) / 1000)} ago`;
    if (answered === false) return html`<strong>${cloud}: no answer${ago}</strong> `;
    return html`<span>${cloud}: ${answered === null ? "not asked yet" : `answered${ago}`}</span> `;
  });
}
