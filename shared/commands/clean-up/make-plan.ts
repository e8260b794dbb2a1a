import { createHash } from "node:crypto";
import { planCleanUp } from "../../clean-up/plan.ts";
import type { Row } from "../../clean-up/things.ts";
import { seeWorld, type SeenWorld } from "../../clean-up/world.ts";
import type { Place } from "../../image/removal-plan.ts";
import { contextFor } from "../../protocol/session.ts";
import type { Deps } from "../../protocol/step.ts";
import { CloudError } from "../../openstack/errors.ts";
import {
  copyPlacesOf,
  type LeftByRuns,
  placesOf,
  projectsOf,
  readLeftByRuns,
  readStates,
} from "./records.ts";

export type CleanUpDeps = Deps & { installationId: string };

export interface Asked {
  /** Names of every recipe that is known. */
  known: readonly string[];
  /** The recipe to clean up. Null: all. */
  recipe: string | null;
  /** Clouds and regions that recipes name. */
  places: readonly Place[];
}

export interface CleanUpPlan {
  id: string;
  recipe: string | null;
  rows: Row[];
  worlds: SeenWorld[];
}

/** The credentials are of another project: there, every image of the recipes would seem to be gone. */
export class OtherProject extends Error {
  readonly cloud: string;
  constructor(cloud: string, is: string, projects: string[]) {
    super(
      `cloud ${cloud} of clouds.yaml is project ${is} now, and the recipes' images are of project ${projects.join(", ")}`,
    );
    this.cloud = cloud;
  }
}

/** Reads records and clouds, and decides. Changes nothing. */
export async function makePlan(deps: CleanUpDeps, asked: Asked): Promise<CleanUpPlan> {
  const names = asked.recipe === null ? asked.known : [asked.recipe];
  // Runs first: what a run ends with meanwhile is in its recipe's record.
  const left: LeftByRuns[] = [];
  for (const name of new Set(names)) left.push(await readLeftByRuns(deps.store, name));
  const attempts = left.flatMap((one) => one.attempts);
  const savedDisks = left.flatMap((one) => one.savedDisks);
  const records = await readStates(deps.store, new Set([...asked.known, ...names]));
  const chosen = records.filter(({ recipeName }) => names.includes(recipeName));
  const places = new Map(
    [...asked.places, ...placesOf(chosen)].map((place) => [JSON.stringify(place), place]),
  );
  const others = copyPlacesOf(attempts).filter((place) => !places.has(JSON.stringify(place)));
  for (const place of others)
    if (await canBeAsked(deps, place)) places.set(JSON.stringify(place), place);
  const worlds: SeenWorld[] = [];
  for (const here of places.values()) {
    const ctx = contextFor(deps, { recipeName: "", installationId: deps.installationId, ...here });
    const { projectId } = await ctx.cloud.authenticate();
    const otherIds = projectsOf(chosen, here).filter((id) => id !== projectId);
    if (otherIds.length > 0) throw new OtherProject(here.cloud, projectId, otherIds);
    const { installationId } = deps;
    const withOthers = asked.recipe === null;
    const scope = { here, installationId, projectId, records, attempts, savedDisks, withOthers };
    worlds.push(await seeWorld(ctx, { ...scope, recipes: names }));
  }
  const rows = worlds.flatMap((world) => planCleanUp(world, deps.now()));
  return { id: digestOf(asked.recipe, rows), recipe: asked.recipe, rows, worlds };
}

/** False: it does not answer, or clouds.yaml does not have the entry any more. No record says that there is anything. */
async function canBeAsked(deps: CleanUpDeps, place: Place): Promise<boolean> {
  const { installationId } = deps;
  try {
    await contextFor(deps, { recipeName: "", installationId, ...place }).cloud.authenticate();
    return true;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    deps.log.warn("clean-up does not look for late copies", {
      cloud: place.cloud,
      reason: error.message,
    });
    return false;
  }
}

/** What was decided about. Things of others, and of runs at work, may change without a word. */
export function decided(rows: readonly Row[]): Row[] {
  return rows.filter(({ fate, run }) => fate !== "report" && run === null);
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 12;

function digestOf(recipe: string | null, rows: readonly Row[]): string {
  const text = JSON.stringify([recipe, decided(rows).map((row) => textOf(row))]);
  const digest = createHash("sha256").update(text).digest().subarray(0, ID_LENGTH);
  return [...digest].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** What a row says. A thing that was renamed is the same one. */
function textOf(row: Row | null): string {
  if (row === null) return "";
  const { kind, id, gib, place, services, recipe, fate, why, usedBy } = row;
  return JSON.stringify([
    kind,
    id,
    gib,
    place.cloud,
    place.region,
    services,
    recipe,
    fate,
    why,
    usedBy,
  ]);
}

export interface Difference {
  /** Null: the plan did not have it. */
  planned: Row | null;
  /** Null: it is not there any more. */
  found: Row | null;
}

/** Rows that would read otherwise now. */
export function differences(then: readonly Row[], now: readonly Row[]): Difference[] {
  const key = ({ kind, id }: Row) => `${kind} ${id}`;
  const before = new Map(decided(then).map((row) => [key(row), row]));
  const after = new Map(decided(now).map((row) => [key(row), row]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const planned = before.get(id) ?? null;
    const found = after.get(id) ?? null;
    return textOf(planned) === textOf(found) ? [] : [{ planned, found }];
  });
}
