import { nextCheckSeconds } from "../shared/run/next-check.ts";
import { print, type Bound } from "./print.ts";

const UPLOAD_SECONDS = 3607;
/** Earlier uploads of the same disk, a few minutes around the hour. */
const HISTORY = [3480, 3550, 3590, 3610, 3700];
const MAX_CHECKS = 20;

/** Fixed gaps of those who poll, as read in openstacksdk 0.101, packer-plugin-openstack 1.1.4, osc-lib 2.6.2 and their like. */
const POLLS = [
  { seconds: 2, who: "openstacksdk wait_for_image (utils.iterate_timeout), Packer WaitForImage" },
  { seconds: 5, who: "openstack server image create --wait (osc_lib.utils.wait_for_status)" },
  { seconds: 10, who: "openstack-image-manager" },
];

/** What seeing the end of one upload of an hour costs, and how late it is seen. */
export function checksPerUpload(): Bound[] {
  const known = watch((ageSeconds) => gapAt(ageSeconds, HISTORY));
  const unknown = watch((ageSeconds) => gapAt(ageSeconds, []));
  const polls = POLLS.map(({ seconds, who }) => ({ who, seconds, ...watch(() => seconds) }));
  print(`Looks at one upload of ${UPLOAD_SECONDS} seconds`, [
    ["", "checks", "ratio", "seen late"],
    row("with five earlier uploads of the recipe", known, known),
    row("the recipe's first upload", unknown, known),
    ...polls.map((poll) => row(`every ${poll.seconds} s: ${poll.who}`, poll, known)),
  ]);
  return [
    { what: "looks, the first upload", measured: unknown.checks, atMost: MAX_CHECKS },
    { what: "looks, with earlier uploads", measured: known.checks, atMost: MAX_CHECKS },
  ];
}

interface Watch {
  checks: number;
  lateSeconds: number;
}

function watch(gapSeconds: (ageSeconds: number) => number): Watch {
  let checks = 1;
  let age = 0;
  for (; age < UPLOAD_SECONDS; checks++) age += gapSeconds(age);
  return { checks, lateSeconds: age - UPLOAD_SECONDS };
}

function gapAt(ageSeconds: number, earlierSeconds: number[]): number {
  return nextCheckSeconds({
    askedAtMs: 0,
    nowMs: ageSeconds * 1000,
    earlierSeconds,
    deadlineAtMs: 6 * UPLOAD_SECONDS * 1000,
  });
}

function row(name: string, { checks, lateSeconds }: Watch, than: Watch): string[] {
  return [name, String(checks), `${(checks / than.checks).toFixed(1)}×`, `${lateSeconds} s`];
}
