import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { RecipeState, ImageState } from "../../../shared/image/recipe-state.ts";
import { HOUR, intent, inventoryImage, MINUTE, resource, run } from "../../unit/builders.ts";
import { type History, told } from "./history.ts";

/** Parts that several histories begin with. */

export const TAG = "/tags/regild-current-web";
export const FIRST = "web-20261121-093012-aaaaaa";
const SECOND = "web-20261122-093012-aaaaaa";
/** What a run has told once it has announced a snapshot. */
export const HISTORY = [told("intent", "web-try001"), told("intent", "snapshot")];
const RULES = { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 };

export function stopping(s: History): void {
  const stop = intent({ kind: "stop-server", id: "stop01", name: "stop01", atMs: s.nowMs });
  const timeline = [told("intent", "web-try001"), told("intent", "stops web")];
  s.run({ locked: true, intent: stop, timeline });
}

export function stopped(s: History): void {
  s.announcing();
  s.source({ owner: run().id, wishedPower: "ACTIVE" });
  stopping(s);
  s.act({ "os-stop": null });
  s.wait(MINUTE);
}

export function inventory(s: History, id: string, state: ImageState): void {
  const current = state === "current" ? id : null;
  const images = [inventoryImage({ id, state, run: run().id, retiredAtMs: null })];
  s.recipeState({ activeRun: run().id, current, images });
}

/** Of the only run there is, as a temporary one. @returns its id. */
export function snapshot(s: History, state: "kept" | "deleting"): string {
  const volume = s.cloud.operator.addVolume({ name: "data" });
  const open = intent({ kind: "create-snapshot", id: "snap01", name: "regild-web-snap01" });
  const { timeline } = s.announcing();
  const source = { ...run().source, id: volume.id, volumeId: volume.id, lockIds: [s.web.id] };
  const known = { source: { ...builtSource(), ...source }, locked: true };
  s.run({ ...known, intent: open, timeline: [...timeline, told("intent", "snapshot")] });
  const body = { snapshot: { volume_id: volume.id, name: open.name, metadata: {}, force: true } };
  s.ask("POST", `/volume/v3/${s.cloud.demo.project.id}/snapshots`, body);
  s.wait(MINUTE);
  const made = s.cloud.operator.snapshotsNamed(open.name)[0];
  if (made === undefined) throw new Error("no snapshot was made");
  s.recipeState({
    activeRun: run().id,
    resources: [resource({ id: made.id, state, run: run().id })],
  });
  return made.id;
}

function builtSource() {
  const { source } = run();
  if (source === null) throw new Error("the builder's run has a source");
  return source;
}

/** Two complete images of earlier runs: one retired just now, one current. */
export function twoPromoted(s: History, secondRun = SECOND): [Image, Image] {
  const old = s.cloud.operator.addImage({ name: "old" });
  const young = s.cloud.operator.addImage({ name: "young" });
  s.checker.effect();
  s.recipeState({ rules: RULES, images: [inventoryImage({ id: old.id, run: FIRST })] });
  const first = inventoryImage({ id: old.id, run: FIRST, state: "current" });
  s.recipeState({
    rules: RULES,
    current: old.id,
    images: [first, inventoryImage({ id: young.id, run: secondRun })],
  });
  const second = inventoryImage({ id: young.id, run: secondRun, state: "current" });
  s.recipeState({
    rules: RULES,
    current: young.id,
    images: [{ ...first, state: "retired" }, second],
  });
  return [old, young];
}

export function recipeStateOf(s: History): RecipeState {
  const recipeState = s.checker.records.recipeState("web");
  if (recipeState === null) throw new Error("there is no head");
  return recipeState;
}

export function marks(s: History, { id }: Image): void {
  const recipeState = recipeStateOf(s);
  const images = recipeState.images.map((i) =>
    i.id === id ? { ...i, state: "deleting" as const } : i,
  );
  s.recipeState({ ...recipeState, images });
}

export function gaveUp(s: History, id: string): void {
  const failure = {
    code: "image-vanished",
    message: "m",
    remedy: "r",
    step: "check-status" as const,
    atMs: s.nowMs,
    evidence: [],
  };
  const candidate = {
    id,
    attemptId: "web-try001",
    creationName: "web-try001",
    askedAtMs: s.nowMs,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: true,
  };
  const timeline = [told("intent", "web-try001")];
  s.run({ locked: true, candidate, failure, timeline, step: "abandon" });
}
