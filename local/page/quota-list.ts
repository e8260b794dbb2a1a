import { about } from "../cli/text/format.ts";
import type { CloudQuota, QuotaLine, ServiceQuota } from "./cloud-quotas.ts";
import { html, type Part } from "./html.ts";

/** From here on it is shown strongly: soon a run fails for it. */
const NEARLY_FULL = 0.9;

/** The quotas of each cloud, with their age. */
export function quotaList(quotas: readonly CloudQuota[], nowMs: number): Part {
  if (quotas.length === 0) return "none";
  return quotas.map(({ cloud, region, services }) => {
    const name = region === null ? cloud : `${cloud} (${region})`;
    if (services.length === 0) return html`<span>${name}: being asked</span> `;
    return html`<span
      >${name}: ${services.map((each) => ofService(each))}${age(services, nowMs)}</span
    > `;
  });
}

/** Quotas without a limit say nothing. */
function ofService({ service, lines, trouble }: ServiceQuota): Part {
  const limited = lines.filter(({ limit }) => limit >= 0);
  return [
    ...(trouble === null ? [] : [html`<strong>${service}: ${trouble}</strong>, `]),
    ...limited.map((each) => html`${usage(each)}, `),
  ];
}

function usage({ what, used, limit }: QuotaLine): Part {
  const text = `${used} of ${limit} ${what}`;
  return used >= limit * NEARLY_FULL ? html`<strong>${text}</strong>` : text;
}

/** Of the oldest answer that is shown. */
function age(services: readonly ServiceQuota[], nowMs: number): string {
  const times = services.flatMap(({ seenAtMs }) => seenAtMs ?? []);
  return times.length === 0 ? "never seen" : `${about((nowMs - Math.min(...times)) / 1000)} ago`;
}
