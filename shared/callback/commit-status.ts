import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import type { Run } from "../run/record.ts";
import type { CommitState, CommitStatus, GitHostApi } from "./git-host.ts";
import { GITHUB } from "./github.ts";
import { GITLAB } from "./gitlab.ts";
import type { GitHost } from "./target.ts";

const APIS: Record<GitHost["type"], GitHostApi> = { github: GITHUB, gitlab: GITLAB };
const TIMEOUT_MS = 15_000;

/** @param ended the run, or the one that it joined, at its end. Null: it is under way. */
export function statusOf(run: Run, ended: Run | null, host: GitHost): CommitStatus | null {
  const { commitStatus } = run.recipe;
  if (commitStatus === null) return null;
  const { repository, sha } = commitStatus;
  return {
    repository,
    sha,
    state: ended === null ? "pending" : stateAtEnd(ended),
    context: `regild/${run.recipeName}`,
    description: ended === null ? "The image is being made" : descriptionAtEnd(ended),
    targetUrl: host.target_url?.replaceAll("${{ run }}", encodeURIComponent(run.id)) ?? null,
  };
}

/** @returns why this repository gets no status; null: it may. */
export function repositoryProblem(
  { repositories }: Pick<GitHost, "repositories">,
  repository: string,
): string | null {
  return repositories.some((pattern) => matches(pattern, repository))
    ? null
    : "regild.yml does not list its repository";
}

/** `*` stands for any characters but a slash. Git hosts tell upper from lower case in no name. */
function matches(pattern: string, repository: string): boolean {
  const escaped = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const source = escaped.replaceAll("\\*", "[^/]*");
  return new RegExp(`^${source}$`, "i").test(repository);
}

export function statusRequest(host: GitHost, status: CommitStatus): HttpRequest {
  const { url, request } = APIS[host.type];
  return { ...request({ ...host, url: urlOf(host, url) }, status), timeoutMs: TIMEOUT_MS };
}

function urlOf({ url }: GitHost, usual: string): string {
  return (url ?? usual).replace(/\/+$/, "");
}

/** @returns null: the commit shows the status. */
export function statusProblem(
  host: GitHost,
  status: CommitStatus,
  answer: HttpResponse | HttpFailure,
): { reason: string; isForGood: boolean } | null {
  if (answer.kind === "failure") return { reason: answer.reason, isForGood: false };
  const { isThere, finalStatuses } = APIS[host.type];
  if (answer.status === 200 || answer.status === 201 || isThere(answer, status)) return null;
  return {
    reason: `${host.type} answered ${answer.status}`,
    isForGood: finalStatuses.includes(answer.status),
  };
}

function stateAtEnd({ outcome }: Run): CommitState {
  if (outcome === "succeeded") return "success";
  return outcome === "failed" ? "failure" : "error";
}

export function descriptionAtEnd({ outcome, candidate, imageName, failure }: Run): string {
  if (outcome === "succeeded")
    return `Current image: ${imageName ?? candidate?.creationName ?? "made"}`;
  if (outcome === "failed") return `No new image: ${failure?.message ?? "the run failed"}`;
  return `No new image: the run was ${outcome ?? "ended"}`;
}
