import * as z from "zod/mini";
import type { CallbackTarget } from "../../shared/callback/target.ts";
import { receiveHookAnswer } from "../../shared/hook/receive.ts";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { at } from "./random.ts";
import type { Simulation } from "./simulation.ts";

export const HOOK_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
export const HOOK_HOST = "hooks.example.com";
export const HOOK: CallbackTarget = {
  url: `https://${HOOK_HOST}/prepare`,
  secrets: [HOOK_SECRET],
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TIMEOUT_MS = 10 * MINUTE;

/** A hook was asked, or has said something. */
export interface HookEvent {
  kind: "asked" | "ready" | "refused";
  run: string;
  attempt: number;
  /** Id and body of the request. */
  message: string;
}

export function hasHooks(seed: string): boolean {
  return at(seed, "hooks") < 0.08;
}

/** Some recipes ask a hook before they stop their source, or before its image is taken while it runs. */
export function withHook(recipe: Recipe, seed: string): Recipe {
  if (!hasHooks(seed)) return recipe;
  const hook = { to: "guest", timeoutMs: TIMEOUT_MS };
  return { ...recipe, prepare: { ...recipe.prepare, hook } };
}

const questionSchema = z.object({
  data: z.object({
    run: z.string(),
    attempt: z.number(),
    answer: z.object({ path: z.string(), token: z.string() }),
  }),
});

type Behaviour = "at once" | "later" | "twice" | "never" | "wrong" | "refuses";

/** The receiver of hooks: says the same to a request that comes again, and calls back once. */
export class HookReceiver {
  private readonly heard = new Map<string, HttpResponse>();
  private readonly simulation: Simulation;
  private readonly onEvent: (event: HookEvent) => void;

  constructor(simulation: Simulation, onEvent: (event: HookEvent) => void) {
    this.simulation = simulation;
    this.onEvent = onEvent;
  }

  take({ headers, body = "" }: HttpRequest): HttpResponse {
    const { data } = questionSchema.parse(JSON.parse(body));
    const { run, attempt, answer } = data;
    const id = headers["webhook-id"] ?? "";
    const event = { run, attempt, message: `${id} ${body}` };
    this.onEvent({ kind: "asked", ...event });
    const before = this.heard.get(id);
    if (before !== undefined) return before;
    const { seed } = this.simulation.options;
    const draw = (what: string) => at(seed, run, attempt, what);
    const behaviour = behaviourOf(draw("hook"));
    const isNo = draw("hook says no") < 0.2;
    const said = isNo
      ? ({ kind: "refused", ...event } as const)
      : ({ kind: "ready", ...event } as const);
    const given = answerOf(behaviour, isNo);
    this.heard.set(id, given);
    if (behaviour === "at once") this.onEvent(said);
    if (behaviour !== "later" && behaviour !== "twice") return given;
    const afterMs = Math.floor(draw("hook later") ** 2 * 12 * MINUTE);
    const callBack = (n: number, delayMs: number): void =>
      this.callBack(`${run} ${attempt} ${n}`, delayMs, {
        run,
        token: answer.token,
        isReady: n === 1 ? !isNo : isNo,
        before: () => this.onEvent(n === 1 ? said : { ...event, kind: isNo ? "ready" : "refused" }),
      });
    callBack(1, afterMs);
    // A second word, against the first, at the same time or soon after it. It comes only once the first was taken.
    if (behaviour === "twice") callBack(2, afterMs + 5 * MINUTE);
    return given;
  }

  private callBack(
    place: string,
    afterMs: number,
    {
      run,
      token,
      isReady,
      before,
    }: { run: string; token: string; isReady: boolean; before: () => void },
  ): void {
    const { simulation } = this;
    const body = Buffer.from(JSON.stringify({ ready: isReady }));
    const headers = { authorization: `Bearer ${token}` };
    const call = (n: number): void =>
      simulation.command(
        `hook ${place} #${n}`,
        async (deps) => {
          before();
          const { status } = await receiveHookAnswer(deps, { run, headers, body });
          if (status === 503 && n < 5)
            simulation.scheduler.atTime(simulation.nowMs + 10 * SECOND, () => call(n + 1));
        },
        simulation.nowMs,
      );
    simulation.scheduler.atTime(simulation.nowMs + afterMs, () => call(1));
  }
}

function behaviourOf(draw: number): Behaviour {
  if (draw < 0.35) return "at once";
  if (draw < 0.65) return "later";
  if (draw < 0.75) return "twice";
  if (draw < 0.85) return "never";
  return draw < 0.93 ? "wrong" : "refuses";
}

function answerOf(behaviour: Behaviour, isNo: boolean): HttpResponse {
  const answered = (status: number, text: string): HttpResponse => ({
    kind: "response",
    status,
    headers: {},
    text,
  });
  switch (behaviour) {
    case "at once":
      return answered(200, JSON.stringify({ ready: !isNo }));
    case "later":
    case "twice":
      return answered(202, "");
    case "never":
      return isNo ? answered(503, "") : answered(202, "");
    case "wrong":
      return isNo ? answered(200, "<html>Sign in</html>") : answered(302, "");
    case "refuses":
      return answered(403, "users are signed in");
  }
}
