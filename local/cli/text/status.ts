import type { RecipeStatus } from "../../view/status.ts";
import { printable } from "../../progress/text-line.ts";
import { faultConsequence, faultText } from "./current-fault.ts";
import { about, clockCell, counted } from "./format.ts";
import type { Paint } from "./paint.ts";
import { pauseLine, pauseStateText } from "./pause.ts";
import { runState } from "./run-state.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "RECIPE", give: "never" },
  { name: "CURRENT", give: "name", leave: 3 },
  { name: "SINCE", give: "never", leave: 1 },
  { name: "FRESH", give: "text" },
  { name: "LAST RUN", give: "never", leave: 4 },
  { name: "NEXT START", give: "text", leave: 2 },
  { name: "STATE", give: "text" },
];

export function statusText(
  recipes: RecipeStatus[],
  nowMs: number,
  paint: Paint,
  width = Number.POSITIVE_INFINITY,
): string[] {
  return [
    ...sheetText(statusSheet(recipes, nowMs, paint), width),
    ...faultLines(recipes, nowMs, paint),
    ...pauseLines(recipes, nowMs),
  ];
}

/** Who paused which recipe, and how it goes on. */
function pauseLines(recipes: RecipeStatus[], nowMs: number): string[] {
  const lines = recipes.flatMap(({ recipe, paused }) =>
    paused === null ? [] : [`${pauseLine(recipe, paused, nowMs)}. regild resume ${recipe} ends it`],
  );
  return lines.length === 0 ? [] : ["", ...lines];
}

/** `web: current image web-20261123 deleted outside Regild, noticed …; look-ups find nothing: regild refresh web`. */
function faultLines(recipes: RecipeStatus[], nowMs: number, paint: Paint): string[] {
  const lines = recipes.flatMap(({ recipe, current }) => {
    if (current === null || current.fault === null) return [];
    const { id, name, fault } = current;
    const text = `${faultText(fault, nowMs)}; ${faultConsequence(fault, recipe, id)}`;
    return [`${recipe}: current image ${name} ${paint("red", text)}`];
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

export function statusSheet(recipes: RecipeStatus[], nowMs: number, paint: Paint): Sheet {
  const rows = recipes.map((status) => [
    status.recipe,
    status.current?.name ?? "–",
    status.current === null ? "–" : about((nowMs - Date.parse(status.current.since)) / 1000),
    freshText(status, nowMs, paint),
    status.last_run?.id ?? "–",
    status.next_start_at === null ? "–" : clockCell(status.next_start_at, nowMs),
    stateText(status, nowMs, paint),
  ]);
  return { columns: COLUMNS, rows };
}

/** What the next run would fail with, one line for each such recipe and one for its remedy. */
export function sourceProblemsText(
  recipes: readonly RecipeStatus[],
  nowMs: number,
  paint: Paint,
): string[] {
  return recipes.flatMap(({ source_problem: problem }) => {
    if (problem === null) return [];
    const { field, message, remedy, seen_at: seenAt } = problem;
    const ago = about((nowMs - Date.parse(seenAt)) / 1000);
    const line = `${paint("red", "✗")} ${field}: ${printable(message)} (seen ${ago} ago)`;
    return remedy === null ? [line] : [line, `  ${printable(remedy)}`];
  });
}

/** `1 recipe needs you: regild status db`; null: none does. */
export function needsYou(recipes: RecipeStatus[]): string | null {
  const needy = recipes.filter((status) => status.needs_you);
  const [first] = needy;
  if (first === undefined) return null;
  const verb = needy.length === 1 ? "needs" : "need";
  return `${counted(needy.length, "recipe")} ${verb} you: regild status ${first.recipe}`;
}

function stateText(status: RecipeStatus, nowMs: number, paint: Paint): string {
  const state = status.last_run === null ? "no run yet" : runState(status.last_run, nowMs, paint);
  const fault = status.current?.fault ?? null;
  return [
    state,
    ...status.servers_left_off.map(({ name }) =>
      paint("red", `${printable(name)} is SWITCHED OFF`),
    ),
    ...(status.schedule_held_since_run === null ? [] : ["schedule held"]),
    ...(status.paused === null ? [] : [paint("yellow", pauseStateText(status.paused, nowMs))]),
    ...(fault === null ? [] : [paint("red", `current image ${fault.status}`)]),
  ].join(", ");
}

function freshText({ fresh, last_run: run }: RecipeStatus, nowMs: number, paint: Paint): string {
  const { state, overdue_at: overdueAt } = fresh;
  const apart = overdueAt === null ? "" : about(Math.abs(Date.parse(overdueAt) - nowMs) / 1000);
  switch (state) {
    case "no_schedule":
      return "no schedule";
    case "no_image":
      return "no image";
    case "overdue":
      return paint("red", `OVERDUE for ${apart}`);
    case "ok":
      // Counted down only once something has gone wrong.
      return run?.failure == null || apart === "" ? "ok" : `ok, overdue in ${apart}`;
  }
}
