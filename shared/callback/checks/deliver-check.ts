import * as z from "zod/mini";
import type { Refusal } from "../deliver.ts";
import type { GitHubApp } from "../target.ts";
import { appToken, forgetAppToken, pathOf, read, type Send } from "./app-token.ts";
import type { CheckRun } from "./check-run.ts";
import { githubRequest, refusalOf } from "./github-api.ts";

const PER_PAGE = 100;
/** GitHub keeps 1,000 check runs of a name per suite. */
const MOST_PAGES = 10;
const WORDS = { 403: "the app has no permission to write checks" };

const listSchema = z.object({
  check_runs: z.array(z.object({ id: z.int(), external_id: z.nullable(z.string()) })),
});

/**
 * Creates the run's check, or changes it if it is there. Looks first, because the answer to an earlier creation may be
 * lost: GitHub makes another check for each `POST`, whatever its `external_id`.
 * Source: docs.github.com, REST API endpoints for check runs (Create, Update, List check runs for a Git reference).
 * @returns null: the commit shows it.
 */
export async function deliverCheck(
  app: GitHubApp,
  check: CheckRun,
  { send, nowMs }: { send: Send; nowMs: number },
): Promise<Refusal | null> {
  const { repository, sha, name, externalId } = check;
  const held = await appToken(app, repository, { send, nowMs });
  if ("reason" in held) return held;
  const repo = `/repos/${pathOf(repository)}`;
  const ask = async (method: "GET" | "POST" | "PATCH", path: string, body?: object) => {
    const answer = await send(githubRequest(app, { method, path, token: held.token, body }));
    const isRefused = answer.kind === "response" && answer.status === 401;
    if (isRefused) forgetAppToken(app, repository);
    return answer;
  };

  let there: { id: number } | undefined;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const query = new URLSearchParams({
      check_name: name,
      filter: "all",
      per_page: String(PER_PAGE),
      page: String(page),
    });
    const answer = await ask("GET", `${repo}/commits/${sha}/check-runs?${query.toString()}`);
    const list = read(answer, 200, listSchema);
    if (list === null) return refusalOf(answer, WORDS);
    there = list.check_runs.find(({ external_id: id }) => id === externalId);
    if (there !== undefined || list.check_runs.length < PER_PAGE) break;
  }
  if (there !== undefined && !check.isDone) return null;
  const answer =
    there === undefined
      ? await ask("POST", `${repo}/check-runs`, {
          name,
          head_sha: sha,
          external_id: externalId,
          ...check.fields,
        })
      : await ask("PATCH", `${repo}/check-runs/${there.id}`, check.fields);
  const isTaken = answer.kind === "response" && (answer.status === 200 || answer.status === 201);
  return isTaken ? null : refusalOf(answer, WORDS);
}
