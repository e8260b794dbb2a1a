import type * as z from "zod/mini";
import type { HostView } from "../../view/host.ts";
import type { statusDocument } from "../../view/status.ts";
import { about, clock, counted } from "./format.ts";
import type { Paint } from "./paint.ts";

/** `host: running since today 09:12`. Nothing on AWS. */
export function hostText(host: HostView | null, nowMs: number, paint: Paint): string[] {
  if (host === null) return [];
  return ["", `host: ${stateText(host, nowMs, paint)}`, ...recipesText(host, nowMs, paint)];
}

/** Nothing while the host works by the file as it is. */
function recipesText({ state, recipes }: HostView, nowMs: number, paint: Paint): string[] {
  if (state !== "running" || recipes?.refused_at == null) return [];
  const { file, message, problems, refused_at: refusedAt, loaded_at: loadedAt } = recipes;
  return [
    paint("red", `recipes: refused ${file} ${clock(refusedAt, nowMs)}: ${message ?? ""}`),
    ...problems.map((problem) => `  ${problem}`),
    `  The recipes loaded ${clock(loadedAt, nowMs)} stay in force.`,
  ];
}

/** Null: the host works by the file as it is. */
export function recipesNeedYou(host: HostView | null): string | null {
  if (host?.state !== "running" || host.recipes?.refused_at == null) return null;
  return "The host refuses the changed recipes. Correct the file, and the host reads it again: regild recipes check";
}

function stateText({ state, kind, since, last_seen: seen }: HostView, nowMs: number, paint: Paint) {
  if (state === "none") return "none";
  if (state === "not_seen") {
    const at = seen ?? "";
    const ago = about((nowMs - Date.parse(at)) / 1000);
    return paint("red", `none runs, last seen ${ago} ago (${clock(at, nowMs)})`);
  }
  const by = kind === "command" ? " (a command that does its own work, without schedules)" : "";
  return since === null ? `running${by}` : `running since ${clock(since, nowMs)}${by}`;
}

/** Why runs or schedules stand still, and the command that fixes it; null: they do not. */
export function hostNeedsYou(
  {
    host,
    runs_under_way: underWay,
    recipes,
  }: Pick<z.infer<typeof statusDocument>, "host" | "runs_under_way" | "recipes">,
  nowMs: number,
): string | null {
  if (host === null || host.state === "running") return null;
  const scheduled = recipes.filter(({ fresh }) => fresh.state !== "no_schedule").length;
  const waiting = [
    ...(underWay === 0 || underWay === null ? [] : [`${counted(underWay, "run")} under way`]),
    ...(scheduled === 0 ? [] : [`${counted(scheduled, "recipe")} with a schedule`]),
  ];
  if (waiting.length === 0) return null;
  const what = waiting.join(", ");
  if (host.holds_lock && host.last_seen !== null) {
    const silent = about((nowMs - Date.parse(host.last_seen)) / 1000);
    return `The host runs, but has done nothing for ${silent}: ${what}. Stop it and start it again: regild serve`;
  }
  return `No host works: ${what}. Start one: regild serve`;
}
