import type { Image, Server } from "../../local/simulated-cloud/resources.ts";
import { committedAttributes, keyAttributes } from "../../shared/aws/dynamodb-item.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import { recipeDueAtMs } from "../../shared/image/due.ts";
import type { Key, ReconcileRequest } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { runId, runKey } from "../../shared/run/run-id.ts";
import { ownerCheckMs, sourceKey } from "../../shared/source/item.ts";
import {
  candidate,
  recipeState,
  HOUR,
  inventoryImage,
  MINUTE,
  run,
  source,
  sourceItem,
} from "../../test/unit/builders.ts";

/** Looks at an upload that is hours old are so far apart. */
const GAP_MS = 6 * MINUTE;
const OLDEST_MS = 2 * HOUR;
const LOST_AFTER_MS = MINUTE;

export interface InFlight {
  /** Items of the table: the run, its recipe's state, its source's lock. */
  rows: object[];
  request: ReconcileRequest;
  delaySeconds: number;
}

/**
 * A run that waits for an upload, as its first steps would have left it. Uploads began at any time of the last two
 * hours, and looks come at any time of the next minutes.
 * @param is.at from 0, different for each.
 */
export function inFlight(is: {
  at: number;
  recipe: Recipe;
  server: Server;
  image: Image;
  installationId: string;
}): InFlight {
  const { at, recipe, server, image, installationId } = is;
  const nowMs = Date.now();
  const spread = (withinMs: number, turn: number): number =>
    Math.floor(((at * turn) % 1) * withinMs); // even, and the same each time
  const askedAtMs = nowMs - MINUTE - spread(OLDEST_MS, 0.618_034);
  const delaySeconds = Math.ceil(spread(GAP_MS, 0.414_214) / 1000);
  const reconcileAtMs = nowMs + delaySeconds * 1000;
  const checkAtMs = nowMs + spread(ownerCheckMs(nowMs - askedAtMs), 0.732_051);
  const attemptId = String(at).padStart(6, "0");
  const id = runId(recipe.name, askedAtMs, attemptId);
  const { projectId } = server;
  const name = image.name ?? "";
  const where = { cloud: recipe.cloud, region: null, projectId, sourceId: server.id };
  const key = runKey(id);
  const itsRun = run({
    id,
    recipeName: recipe.name,
    recipe,
    installationId,
    startedAtMs: askedAtMs,
    deadlineAtMs: askedAtMs + recipe.deadlineMs,
    reconcileAtMs,
    step: "check-status",
    stepSinceMs: askedAtMs,
    imageName: name,
    source: source({ id: server.id, name: server.name, projectId, lockIds: [server.id] }),
    creationNames: [name],
    candidate: candidate({
      id: image.id,
      attemptId,
      creationName: name,
      askedAtMs,
      wasSaving: true,
    }),
  });
  const itsRecipeState = recipeState({
    recipeName: recipe.name,
    installationId,
    activeRun: id,
    checkRunAtMs: checkAtMs,
    images: [
      inventoryImage({ id: image.id, name, run: id, attemptId, where, candidateAtMs: askedAtMs }),
    ],
  });
  const itsSource = sourceItem({
    id: server.id,
    cloud: recipe.cloud,
    owner: id,
    reconcileAtMs: checkAtMs,
  });
  return {
    rows: [
      row(key, itsRun, reconcileAtMs + LOST_AFTER_MS),
      row(recipeStateKey(recipe.name), itsRecipeState, recipeDueAtMs(itsRecipeState)),
      row(sourceKey(server.id), itsSource, checkAtMs),
    ],
    request: { key, version: 1 },
    delaySeconds,
  };
}

function row(key: Key, doc: object, sweepAtMs: number | null): object {
  const nothing = { day: null, expiresAtMs: null };
  const write = { key, writeId: "put", sweepAtMs, ...nothing, doc: JSON.stringify(doc) };
  const set = Object.entries(committedAttributes(write, 1)).filter(([, value]) => value !== null);
  return { ...keyAttributes(key), ...Object.fromEntries(set) };
}
