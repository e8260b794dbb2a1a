import type { RecipeStatus } from "./status.ts";

/** Why a recipe needs somebody, most pressing first. */
export const NEEDS = [
  "server_left_off",
  "current_unusable",
  "no_current",
  "last_run_failed",
  "approval",
  "source_problem",
  "schedule_held",
  "schedule_paused",
  "overdue",
  "not_deleted",
] as const;
export type Need = (typeof NEEDS)[number];

const IS_THERE: Record<Need, (status: Omit<RecipeStatus, "needs_you">) => boolean> = {
  server_left_off: ({ servers_left_off: servers }) => servers.length > 0,
  current_unusable: ({ current }) => current?.fault != null,
  no_current: ({ lost_current: isLost }) => isLost,
  last_run_failed: ({ last_run: run }) => run?.state === "failed",
  approval: ({ last_run: run }) => run?.approval?.state === "waiting",
  source_problem: ({ source_problem: problem }) => problem !== null,
  schedule_held: ({ schedule_held_since_run: run }) => run !== null,
  schedule_paused: ({ paused }) => paused?.scope === "schedule",
  overdue: ({ fresh }) => fresh.state === "overdue",
  not_deleted: ({ not_deleted: things }) => things.length > 0,
};

/** The rules behind `needs_you`, for `regild status --check`, the page and the metrics alike. */
export function needsOf(status: Omit<RecipeStatus, "needs_you">): Need[] {
  return NEEDS.filter((need) => IS_THERE[need](status));
}
