import { writeFileSync } from "node:fs";
import { leastLate } from "./lateness/best.ts";
import {
  HINDSIGHT,
  OTHERS,
  type Policy,
  REGILD,
  REMEMBERED,
  watch,
  type Watched,
} from "./lateness/policies.ts";
import { series } from "./lateness/series.ts";
import { plot } from "./plot.ts";
import { print } from "./print.ts";
import { writeSection } from "./report.ts";

/** Uploads from this one on have a history. */
const KNOWN = 3;
const PLOTTED = "log-normal";
const PLOT = new URL("../docs/images/checks-of-an-upload.svg", import.meta.url);

const all = series();
const kinds = [...Map.groupBy(all, ({ name }) => name).values()];
const known = (policy: Policy, of = all): Watched[] =>
  of.flatMap(({ seconds }) =>
    seconds.slice(KNOWN).map((upload, n) => {
      const end = n + KNOWN;
      return watch(policy, upload, seconds.slice(Math.max(0, end - REMEMBERED), end));
    }),
  );
const first = all.map(({ seconds }) => watch(REGILD, seconds[0] ?? 0, []));

const rows = kinds.map((of) => {
  const watched = known(REGILD, of);
  const checks = mean(watched.map(({ checks }) => checks));
  const spread = of[0]?.spread ?? null;
  return {
    kind: `${of[0]?.name ?? ""}: ${of[0]?.text ?? ""}`,
    late: percent(
      quantile(
        watched.map(({ late }) => late),
        0.5,
      ),
    ),
    average: percent(mean(watched.map(({ late }) => late))),
    most: percent(
      quantile(
        watched.map(({ late }) => late),
        0.95,
      ),
    ),
    checks,
    best: spread === null ? null : percent(leastLate(spread, checks)),
  };
});
const table = [
  [
    "uploads",
    "seen late, median",
    "mean",
    "19 of 20 are seen earlier than",
    "checks, mean",
    "mean of the best policy",
  ],
  ...rows.map(({ kind, late, average, most, checks, best }) => [
    kind,
    `${shown(late)} %`,
    `${shown(average)} %`,
    `${shown(most)} %`,
    shown(checks),
    best === null ? "" : `${shown(best)} %`,
  ]),
];
print("Uploads with three earlier ones or more", table);

const plotted = all.filter(({ name }) => name === PLOTTED);
const points = [REGILD, ...OTHERS].map((policy) => {
  const watched = known(policy, plotted);
  return {
    name: policy.name,
    checks: mean(watched.map(({ checks }) => checks)),
    latePercent: percent(mean(watched.map(({ late }) => late))),
    isOwn: policy === REGILD,
  };
});
const better = points.filter(
  ({ checks, latePercent, isOwn }) =>
    !isOwn && checks <= (points[0]?.checks ?? 0) && latePercent <= (points[0]?.latePercent ?? 0),
);
print("Uploads of an hour, 5 % apart", [
  ["", "checks, mean", "seen late, mean"],
  ...points.map(({ name, checks, latePercent }) => [
    name,
    shown(checks),
    `${shown(latePercent)} %`,
  ]),
]);
const axes = {
  x: { text: "checks for one upload (mean)", ticks: [1, 10, 100, 1000, 10_000] },
  y: { text: "seen late, % of its time (mean)", ticks: [0.01, 0.1, 1, 10, 100] },
};
const dots = [...points, { ...HINDSIGHT, latePercent: 0.01, isOwn: false }].map(
  ({ name, checks, latePercent, isOwn }) => ({ name, x: checks, y: latePercent, isOwn }),
);
writeFileSync(PLOT, plot("An upload of an hour: checks, and how late its end is seen", axes, dots));

const figure = (what: string, measured: number, unit: string, atMost: number) => ({
  what,
  measured,
  unit,
  target: { is: "at most" as const, value: atMost },
  spread: null,
});
writeSection({
  name: "lateness",
  heading: "How late the end of an upload is seen",
  text: "`npm run bench:lateness`: the policy alone, with made-up upload times, the same in each run. Each kind has 20 recipes with 60 uploads each. A recipe remembers its last ten. Seen late is a share of the time that the upload took. The best policy knows how such uploads differ, and checks as often on average.",
  figures: [
    ...rows.flatMap(({ kind, late, checks }) => [
      figure(`${kind}, seen late, median`, late, "%", 2),
      figure(`${kind}, checks, mean`, checks, "", 4),
    ]),
    figure(
      "a recipe's first upload, seen late, the worst",
      percent(Math.max(...first.map(({ late }) => late))),
      "%",
      8,
    ),
    figure(
      `other policies that see ${PLOTTED} uploads earlier, on average, by fewer checks`,
      better.length,
      "",
      0,
    ),
  ],
  table,
});

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function percent(share: number): number {
  return share * 100;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(2)));
}
