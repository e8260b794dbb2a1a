import type { Key } from "../ports.ts";

/** `web-20261123-093012-k3f9q2` ↔ partition `R#web`, sort key `run#20261123-093012-k3f9q2`. */
export function runKey(runId: string): Key {
  const match = RUN_ID.exec(runId);
  if (match === null) throw new Error(`${runId} is no run id, such as web-20261123-093012-k3f9q2`);
  return { pk: `R#${match[1]}`, sk: `run#${match[2]}` };
}

export function isRunId(text: string): boolean {
  return text.length <= LONGEST && RUN_ID.test(text);
}
const LONGEST = 80;
const RUN_ID = /^(.+)-(\d{8}-\d{6}-[0-9a-z]{6})$/;

export function runId(recipeName: string, startedAtMs: number, suffix: string): string {
  const iso = new Date(startedAtMs).toISOString();
  return `${recipeName}-${iso.slice(0, 10).replaceAll("-", "")}-${iso.slice(11, 19).replaceAll(":", "")}-${suffix}`;
}
