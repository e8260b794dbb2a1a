import { expectedSeconds, nextCheckSeconds } from "../../shared/run/next-check.ts";

/** @returns seconds until the next check of an upload of this age. */
export type Gap = (ageSeconds: number, earlierSeconds: readonly number[]) => number;

export interface Policy {
  name: string;
  gap: Gap;
}

const DEADLINE_MS = 24 * 3600 * 1000;
/** How many uploads a recipe remembers. */
export const REMEMBERED = 10;

export const REGILD: Policy = {
  name: "Regild",
  gap: (ageSeconds, earlierSeconds) =>
    nextCheckSeconds({
      askedAtMs: 0,
      nowMs: ageSeconds * 1000,
      earlierSeconds,
      deadlineAtMs: DEADLINE_MS,
    }),
};

/** Fixed gaps of others, as read in openstacksdk 0.101, osc-lib 2.6.2 and openstack-image-manager. */
export const OTHERS: Policy[] = [
  ...[2, 5, 10, 60, 300].map((seconds) => ({ name: `every ${seconds} s`, gap: () => seconds })),
  ...[1.1, 1.5, 2].map((factor) => ({
    name: `back-off × ${factor}`,
    gap: (age: number) => Math.max(1, age * (factor - 1)),
  })),
  { name: "at the median, then every 60 s", gap: atTheMedian },
];

/** What a look back shows that one check could have done: it comes at the very end. */
export const HINDSIGHT = { name: "hindsight", late: 0, checks: 1 };

function atTheMedian(age: number, earlier: readonly number[]): number {
  const expected = expectedSeconds(earlier) ?? 0;
  return Math.max(60, expected - age);
}

export interface Watched {
  /** Share of the upload's time. */
  late: number;
  checks: number;
}

export function watch({ gap }: Policy, seconds: number, earlier: readonly number[]): Watched {
  let age = 0;
  let checks = 0;
  for (; age < seconds; checks++) age += gap(age, earlier);
  return { late: (age - seconds) / seconds, checks };
}
