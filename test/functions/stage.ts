import type { Run } from "../../shared/run/record.ts";
import {
  candidate,
  recipeState,
  inventoryImage,
  NOW,
  recipe,
  run,
  SECOND,
  source,
} from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** An installation whose cloud has the server that the sample events' run is about, and an active image of it. */
export function stage() {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "debian-12" });
  const server = on.cloud.operator.addServer({ name: "web-golden", image: base });
  const image = on.cloud.operator.addImage({ name: "web-try001" });
  const web = (is: Partial<Run> = {}): Run => ({
    ...run({
      source: source({ id: server.id, lockIds: [server.id], projectId: server.projectId }),
      reconcileAtMs: NOW,
    }),
    ...is,
  });
  const made = candidate({ id: image.id, askedAtMs: NOW - 60 * SECOND });
  const entry = inventoryImage({ id: image.id, run: run().id });
  /** The recipe state while that run works on the recipe; its image is in that state. */
  const recipeStateWith = (state: "candidate" | "current" | "deleting") =>
    recipeState({
      activeRun: run().id,
      seq: 7,
      current: state === "current" ? image.id : null,
      images: [{ ...entry, state, promotedAtMs: state === "current" ? NOW : null }],
    });
  return { on, server, image, web, made, recipeStateWith };
}

export type Stage = ReturnType<typeof stage>;

/** Runs of several recipes whose images are being uploaded, as the sample batch names them. */
export function stageBatch() {
  const on = new Installation();
  const runs = [
    "web-20261123-093012-k3f9q2",
    "db-20261123-093015-m4c81t",
    "data-20261123-093018-p07xza",
  ];
  const made = runs.map((id) => {
    const recipeName = id.slice(0, id.indexOf("-"));
    const image = on.cloud.operator.addImage({ name: `${recipeName}-try001`, status: "saving" });
    on.putRun(
      run({
        id,
        recipeName,
        recipe: recipe({ name: recipeName }),
        step: "check-status",
        candidate: candidate({ id: image.id, askedAtMs: NOW - 60 * SECOND }),
      }),
      7,
    );
    return { id, image };
  });
  return { on, made };
}
