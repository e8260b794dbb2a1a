import * as z from "zod/mini";
import type { CallbackTarget } from "../../shared/callback/target.ts";
import type { HttpFailure, HttpRequest, HttpResponse, Outgoing } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Fault } from "./faults.ts";
import { HOOK, HOOK_HOST, HOOK_SECRET, withHook } from "./hooks.ts";
import { isPeopleDown, PEOPLE_HOST, tellingsOf } from "./people.ts";
import { at } from "./random.ts";
import type { Process } from "./scheduler.ts";
import { answeredByHttp, type Behind, inTime } from "./seam.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
/** No log and no record may hold them. */
export const TOLD_SECRETS = [SECRET, TOKEN, HOOK_SECRET];

/** The build and the Git host that runs are reported to. */
export const CALLBACKS: ReadonlyMap<string, CallbackTarget> = new Map<string, CallbackTarget>([
  ["guest", HOOK],
  ["ci", { url: "https://ci.example.com/regild", secrets: [SECRET] }],
  [
    "git",
    {
      type: "github",
      token: TOKEN,
      repositories: ["example/*"],
      target_url: "https://regild.example.com/runs/${{ run }}",
    },
  ],
]);

/** One request that the build or the Git host took. */
export interface Telling {
  to: string;
  run: string;
  /** Outcomes that it may stand for. Empty: the run is under way. */
  outcomes: readonly string[];
}

export function hasCallbacks(seed: string): boolean {
  return at(seed, "callbacks") < 0.1;
}

export function withCallbacks(plain: Recipe, seed: string): Recipe {
  const recipe = withHook(plain, seed);
  if (!hasCallbacks(seed)) return recipe;
  const commitStatus = { to: "git", repository: "example/web", sha: "6".repeat(40) };
  return { ...recipe, callback: { to: "ci" }, commitStatus };
}

const messageSchema = z.object({ data: z.object({ run: z.string(), outcome: z.string() }) });
const statusSchema = z.object({ state: z.string(), target_url: z.string() });
const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  pending: [],
  success: ["succeeded"],
  failure: ["failed"],
  error: ["cancelled", "skipped", "joined"],
};

export function tellingOf({ url, body = "" }: HttpRequest): Telling {
  const document: unknown = JSON.parse(body);
  if (new URL(url).host === "ci.example.com") {
    const { run, outcome } = messageSchema.parse(document).data;
    return { to: "ci", run, outcomes: [outcome] };
  }
  const { state, target_url: target } = statusSchema.parse(document);
  return { to: "git", run: target.split("/").at(-1) ?? "", outcomes: OUTCOMES[state] ?? [] };
}

/** What a worker sends them passes the gate, as a call to a cloud does. */
export function outgoingOf(
  process: Process,
  { gate, nowMs, onTold, takeHook, seed, startMs }: Behind,
): Outgoing {
  return {
    send: (request) =>
      gate<HttpResponse | HttpFailure>(process, {
        kind: "http-change",
        call: `tell ${request.method} ${new URL(request.url).host}`,
        effect: () => {
          const { host } = new URL(request.url);
          if (host === HOOK_HOST) return takeHook(request);
          if (host !== PEOPLE_HOST) onTold(tellingOf(request));
          else if (isPeopleDown(seed, nowMs() - startMs))
            return { kind: "response", status: 503, headers: {}, text: "" };
          else for (const telling of tellingsOf(request.body ?? "")) onTold(telling);
          return { kind: "response", status: 201, headers: {}, text: "{}" };
        },
        told: (fault) =>
          answeredByHttp(asOfHosts(fault, request.timeoutMs), request.timeoutMs, nowMs, ""),
      }),
  };
}

/** Status 200 is all that a build says: what answers it in the build's place has taken the message. */
function asOfHosts(fault: Fault, timeoutMs: number): Fault {
  if (fault.kind === "page") return { kind: "status", status: 502, html: true };
  return inTime(fault, { method: "PUT", url: "" }, timeoutMs);
}
