import type { HttpFailure, HttpResponse } from "../ports.ts";
import type { Callback } from "../run/callback.ts";
import type { Run } from "../run/record.ts";
import { checkOf } from "./checks/check-run.ts";
import { deliverCheck } from "./checks/deliver-check.ts";
import { repositoryProblem, statusOf, statusProblem, statusRequest } from "./commit-status.ts";
import { bodyOf, messageId, requestOf } from "./message.ts";
import type { CallbackDeps } from "./reconcile-callback.ts";
import { isGitHost, isGitHubApp, isWebhook } from "./target.ts";

/** Why a build or Git host has not taken it. */
export interface Refusal {
  reason: string;
  /** It will be the same at every repetition. */
  isForGood: boolean;
}

export interface About {
  callback: Callback;
  run: Run;
  /** The run, or the one that it joined, at its end. Null: it is under way, which a webhook is not told of. */
  ended: Run | null;
}

const GONE = 410;

/** Sends what is to be said of the run by now. @returns null: it was taken. */
export async function deliver(on: CallbackDeps, about: About): Promise<Refusal | null> {
  const { callback, run, ended } = about;
  const target = (await on.callbacks()).get(callback.to);
  const missing = { reason: `regild.yml has no ${callback.to}`, isForGood: false };
  if (target === undefined) return missing;
  const allowPrivate = target.private_addresses ?? false;
  const send = (request: ReturnType<typeof requestOf>): ReturnType<typeof on.outgoing.send> =>
    on.outgoing.send(request, { origins: [new URL(request.url).origin], allowPrivate });

  if (callback.kind === "commit-status" && isGitHubApp(target)) {
    const check = checkOf(run, ended, target);
    if (check === null) return null;
    const reason = repositoryProblem(target, check.repository);
    if (reason !== null) return { reason, isForGood: true };
    return deliverCheck(target, check, { send, nowMs: on.now() });
  }
  if (callback.kind === "commit-status") {
    if (!isGitHost(target)) return missing;
    const status = statusOf(run, ended, target);
    if (status === null) return null;
    const reason = repositoryProblem(target, status.repository);
    if (reason !== null) return { reason, isForGood: true };
    return statusProblem(target, status, await send(statusRequest(target, status)));
  }
  if (!isWebhook(target) || ended === null) return missing;
  const id = messageId(run.id, callback.to);
  return refusalIn(
    await send(requestOf(target, { id, body: bodyOf(run, ended), nowMs: on.now() })),
  );
}

/** Also a redirect is none: the outcome goes to the configured address alone. */
function refusalIn(answer: HttpResponse | HttpFailure): Refusal | null {
  if (answer.kind === "failure") return { reason: answer.reason, isForGood: false };
  const { status } = answer;
  if (status >= 200 && status < 300) return null;
  return { reason: `it answered ${status}`, isForGood: status === GONE };
}
