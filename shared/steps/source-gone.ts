import type { Decision } from "../protocol/step.ts";
import type { Run } from "../run/record.ts";
import { sourceOf } from "./creations.ts";

/** Failure of a run whose server or volume somebody deleted. */
export function sourceGone(run: Run): Decision<never> {
  const { kind, name, id } = sourceOf(run);
  return {
    kind: "fail",
    code: "source-gone",
    message: `The ${kind} ${name} (${id}) was deleted`,
    remedy: `Build it again, and if its id has changed, write the new one into ${run.recipeName}.${kind}`,
  };
}
