import type { Run } from "../../../shared/run/record.ts";
import { type Call, CALLS } from "./calls.ts";
import type { Evidence } from "./evidence.ts";
import type { Kill } from "./ordeal.ts";
import { type Moment, MOMENTS } from "./seams.ts";

export function killLine(
  n: number,
  seconds: number,
  { met, runs, cancelled }: Kill,
  mark: string,
): string {
  const at = met === null ? "at any moment" : `${met.call}, ${met.moment}`;
  const where = runs
    .map((run) => `${run.recipeName.slice(mark.length + 1)} ${placeOf(run)}`)
    .toSorted()
    .join(", ");
  return `kill ${String(n).padStart(3)}  ${seconds.toFixed(1).padStart(6)} s  ${at.padEnd(30)}  ${where || "no run"}${cancelled ? "  cancelled" : ""}`;
}

/** `*`: an announced call may be on its way. */
function placeOf(run: Run): string {
  return `${run.step}${run.intent === null ? "" : "*"}`;
}

/** The tables at the end. */
export function tables(kills: Kill[], { records, births, after, before }: Evidence): string[] {
  const { runs, recipeStates } = records;
  const images = births.filter(({ kind }) => kind === "image").length;
  const kept = after.images.length - before.images.length;
  const outcomes = counted(
    runs.map((run) =>
      run.failure && run.outcome === "failed" ? `failed ${run.failure.code}` : String(run.outcome),
    ),
  );
  return [
    "",
    "Runs met by a kill, by step (with an announced call on its way)",
    ...counted(kills.flatMap((kill) => kill.runs.map(placeOf))).map(([what, n]) => row(what, [n])),
    "",
    `Kills at a call  ${MOMENTS.map((moment) => moment.padStart(14)).join("")}`,
    ...CALLS.map((call) =>
      row(
        call,
        MOMENTS.map((moment) => killsAt(kills, call, moment)),
      ),
    ),
    row("at any moment", [kills.filter(({ met }) => met === null).length]),
    "",
    `${kills.length} kills, ${runs.length} runs: ${outcomes.map(([what, n]) => `${n} ${what}`).join(", ")}`,
    `${images} images made, ${kept} kept, ${images - kept} removed; ${recipeStates.length} recipes`,
  ];
}

function killsAt(kills: Kill[], call: Call, moment: Moment): number {
  return kills.filter(({ met }) => met?.call === call && met.moment === moment).length;
}

function row(what: string, counts: number[]): string {
  return `  ${what.padEnd(20)}${counts.map((n) => String(n).padStart(9)).join("     ")}`;
}

function counted(words: string[]): [string, number][] {
  const counts = [...Map.groupBy(words, (word) => word)].map(([word, all]): [string, number] => [
    word,
    all.length,
  ]);
  return counts.toSorted((a, b) => b[1] - a[1]);
}
