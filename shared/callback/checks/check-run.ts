import { steerless } from "../../plain-text.ts";
import type { Run } from "../../run/record.ts";
import { descriptionAtEnd } from "../commit-status.ts";
import { cut } from "../git-host.ts";
import type { GitHubApp } from "../target.ts";

export interface CheckRun {
  repository: string;
  sha: string;
  name: string;
  /** The run's id: by it a check is found again whose creation was not answered. */
  externalId: string;
  isDone: boolean;
  /** What GitHub is to show, without the fields above. */
  fields: object;
}

const MAX_TITLE = 255;
const CONCLUSIONS = {
  succeeded: "success",
  failed: "failure",
  cancelled: "cancelled",
  skipped: "skipped",
  joined: "neutral",
} as const;

/** @param ended the run, or the one that it joined, at its end. Null: it is under way. */
export function checkOf(run: Run, ended: Run | null, app: GitHubApp): CheckRun | null {
  const { commitStatus } = run.recipe;
  if (commitStatus === null) return null;
  const details = app.target_url?.replaceAll("${{ run }}", encodeURIComponent(run.id));
  const state =
    ended === null || ended.outcome === null
      ? { status: "in_progress", started_at: time(run.startedAtMs) }
      : {
          status: "completed",
          conclusion: CONCLUSIONS[ended.outcome],
          completed_at: time(ended.endedAtMs ?? run.startedAtMs),
        };
  const title = ended === null ? "The image is being made" : descriptionAtEnd(ended);
  return {
    ...commitStatus,
    name: `regild/${run.recipeName}`,
    externalId: run.id,
    isDone: ended !== null,
    fields: {
      ...state,
      ...(details === undefined ? {} : { details_url: details }),
      output: { title: cut(title, MAX_TITLE), summary: summaryOf(run, ended) },
    },
  };
}

/** In a block of code, where GitHub reads neither markup nor mentions in a cloud's words. */
function summaryOf(run: Run, ended: Run | null): string {
  const { candidate, imageName, failure, outcome } = ended ?? run;
  const lines = [`Run ${run.id} of recipe ${run.recipeName}`];
  if (outcome === "succeeded" && candidate !== null) {
    lines.push(`Current image: ${imageName ?? candidate.creationName}`, candidate.id);
  }
  if (outcome === "failed" && failure !== null) {
    lines.push(`Why: ${failure.message}`, `Next: ${failure.remedy}`);
  }
  return ["```text", ...lines.map((line) => steerless(line).replaceAll("`", "'")), "```"].join(
    "\n",
  );
}

/** GitHub takes `YYYY-MM-DDTHH:MM:SSZ`. */
function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
