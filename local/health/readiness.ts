import * as z from "zod/mini";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { documentSchema, SCHEMA, time, timeOf } from "../view/document.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { CloudSignIns } from "./cloud-sign-ins.ts";

const checkSchema = z.strictObject({
  check: z.enum(["started", "alive", "store", "clock", "cloud"]),
  /** Of a cloud: its name. */
  name: z.nullable(z.string()),
  ok: z.boolean(),
  /** Null: nothing to say. */
  message: z.nullable(z.string()),
  /** When that was seen. Null: now, or of a cloud never. */
  seen_at: z.nullable(time),
});
export type Check = z.infer<typeof checkSchema>;

export const readyDocument = z.extend(documentSchema, {
  ready: z.boolean(),
  checks: z.array(checkSchema),
});

export interface Readiness {
  /** Null while the host starts. */
  host: () => { isAlive: boolean; takesWrites: boolean } | null;
  clock: Pick<ClockWatch, "jumpMs">;
  signIns: Pick<CloudSignIns, "last">;
  recipes: () => Iterable<Pick<Recipe, "cloud">>;
}

/** Whether the host can do its work, and what stands in the way. Asks nobody: it tells what was seen last. */
export function readiness({
  host,
  clock,
  signIns,
  recipes,
}: Readiness): z.infer<typeof readyDocument> {
  const working = host();
  const jumpMs = clock.jumpMs();
  const clouds = [...new Set([...recipes()].map(({ cloud }) => cloud))].toSorted();
  const checks: Check[] = [
    check("started", working !== null, "the host is starting"),
    ...(working === null
      ? []
      : [
          check("alive", working.isAlive, "the schedules have not been looked at for five minutes"),
          check("store", working.takesWrites, "the data file takes no writes; the log says why"),
        ]),
    check("clock", jumpMs === null, `the clock jumped by ${Math.round((jumpMs ?? 0) / 1000)} s`),
    ...clouds.map((name) => ofCloud(name, signIns)),
  ];
  return { schema: SCHEMA, ready: checks.every(({ ok }) => ok), checks };
}

function check(name: Check["check"], ok: boolean, problem: string): Check {
  return { check: name, name: null, ok, message: ok ? null : problem, seen_at: null };
}

/** A cloud that was not asked yet is no reason to wait: a run finds out. */
function ofCloud(name: string, { last }: Pick<CloudSignIns, "last">): Check {
  const seen = last.get(name);
  if (seen === undefined) {
    return { check: "cloud", name, ok: true, message: "nobody has signed in yet", seen_at: null };
  }
  const { isGood, status, atMs } = seen;
  const problem = status === null ? "the sign-in got no answer" : `the sign-in got HTTP ${status}`;
  return {
    check: "cloud",
    name,
    ok: isGood,
    message: isGood ? null : problem,
    seen_at: timeOf(atMs),
  };
}

/** For who may not read everything: which checks failed, without names and reasons. */
export function withoutDetails(
  document: z.infer<typeof readyDocument>,
): z.infer<typeof readyDocument> {
  const kinds = [...new Set(document.checks.map(({ check: kind }) => kind))];
  const checks = kinds.map((kind): Check => {
    const ok = document.checks.every((each) => each.check !== kind || each.ok);
    return { check: kind, name: null, ok, message: null, seen_at: null };
  });
  return { ...document, checks };
}
