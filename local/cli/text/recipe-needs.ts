import { type Need, needsOf } from "../../view/needs.ts";
import type { RecipeStatus } from "../../view/status.ts";
import { faultConsequence, faultText } from "./current-fault.ts";
import { about, clock } from "./format.ts";

/** A cause, and what to do. */
export interface NeedText {
  need: Need;
  cause: string;
  next: string;
}

type Told = (status: RecipeStatus, nowMs: number) => Omit<NeedText, "need">;

const TOLD: Record<Need, Told> = {
  server_left_off: ({ servers_left_off: servers }, nowMs) => ({
    cause: servers
      .map(
        ({ name, since }) =>
          `${name} is SWITCHED OFF since ${at(since, nowMs)}, and no run is at work`,
      )
      .join(". "),
    next:
      servers.find(({ why }) => why !== null)?.why ??
      `Regild tries again until it runs. Ask the cloud why it does not start: openstack server show ${servers[0]?.id ?? ""}`,
  }),
  current_unusable: ({ recipe, current }, nowMs) => {
    const { name = "", id = "", fault } = current ?? {};
    if (fault == null) return { cause: "", next: "" };
    return {
      cause: `The current image ${name}: ${faultText(fault, nowMs)}`,
      next: sentence(faultConsequence(fault, recipe, id)),
    };
  },
  no_current: ({ recipe }) => ({
    cause: "No image is current. The last one was revoked",
    next: `regild refresh ${recipe}`,
  }),
  last_run_failed: ({ last_run: run, failures_in_a_row: failures }) => ({
    cause: `The last run failed${failures > 1 ? ` (${failures} in a row)` : ""}: ${run?.failure?.message ?? "unknown"}`,
    next: run?.failure?.remedy ?? `regild status ${run?.id ?? ""}`,
  }),
  approval: ({ last_run: run }, nowMs) => ({
    cause: `The new image ${run?.image?.name ?? ""} waits for approval until ${at(run?.approval?.until ?? null, nowMs)}`,
    next: `regild approve ${run?.id ?? ""}, or regild reject ${run?.id ?? ""} --reason TEXT`,
  }),
  source_problem: ({ source_problem: problem }, nowMs) => ({
    cause: `The next run would fail. ${problem?.field ?? ""}: ${problem?.message ?? ""} (seen ${ago(problem?.seen_at, nowMs)} ago)`,
    next: problem?.remedy ?? "regild doctor",
  }),
  schedule_held: ({ recipe, schedule_held_since_run: run }) => ({
    cause: `The schedule starts no run: the content of run ${run ?? ""} was refused, like the content of the run before`,
    next: `Correct the content of the image, then: regild refresh ${recipe}`,
  }),
  schedule_paused: ({ recipe, paused }) => ({
    cause: `The schedule is paused: ${paused?.reason ?? "runs failed"}`,
    next: `Remove the cause, then: regild refresh ${recipe}, or regild resume ${recipe}`,
  }),
  overdue: ({ recipe, fresh }, nowMs) => ({
    cause: `Overdue for ${ago(fresh.overdue_at, nowMs)}: the start of ${at(fresh.missed_start, nowMs)} brought no new current image`,
    next: `regild refresh ${recipe}`,
  }),
  not_deleted: ({ not_deleted: things }) => ({
    cause: things.map(({ kind, id, why }) => `${kind} ${id} was not deleted: ${why}`).join(". "),
    next: "Regild tries again until it is deleted. Remove the cause, if nothing else does",
  }),
};

/** What a recipe needs of somebody, most pressing first. */
export function recipeNeedTexts(status: RecipeStatus, nowMs: number): NeedText[] {
  return needsOf(status).map((need) => ({ need, ...TOLD[need](status, nowMs) }));
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function ago(time: string | null | undefined, nowMs: number): string {
  return time == null ? "some time" : about((nowMs - Date.parse(time)) / 1000);
}

function at(time: string | null, nowMs: number): string {
  return time === null ? "the schedule" : clock(time, nowMs);
}
