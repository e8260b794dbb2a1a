import type { HttpFailure, HttpRequest, HttpResponse } from "../../ports.ts";
import type { Refusal } from "../deliver.ts";
import type { GitHubApp } from "../target.ts";

const PUBLIC = "https://api.github.com";
const TIMEOUT_MS = 15_000;
/** A field is wrong, or the commit is not there: the same at every repetition. */
const FINAL = [422];

/** Source: docs.github.com, REST API, version 2022-11-28. */
export function githubRequest(
  { url = PUBLIC }: GitHubApp,
  is: { method: "GET" | "POST" | "PATCH"; path: string; token: string; body?: object | undefined },
): HttpRequest {
  const content = { "content-type": "application/json" };
  return {
    method: is.method,
    url: `${url.replace(/\/+$/, "")}${is.path}`,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${is.token}`,
      "user-agent": "regild",
      "x-github-api-version": "2022-11-28",
      ...(is.body === undefined ? {} : content),
    },
    ...(is.body === undefined ? {} : { body: JSON.stringify(is.body) }),
    timeoutMs: TIMEOUT_MS,
  };
}

/** @param words what a status means here. */
export function refusalOf(
  answer: HttpResponse | HttpFailure,
  words: Readonly<Record<number, string>>,
  final: readonly number[] = FINAL,
): Refusal {
  if (answer.kind === "failure") return { reason: answer.reason, isForGood: false };
  const { status } = answer;
  const said = `github answered ${status}`;
  const more = words[status];
  return {
    reason: more === undefined ? said : `${said}: ${more}`,
    isForGood: final.includes(status),
  };
}
