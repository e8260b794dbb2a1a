import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import type { ImageThing, Inventory, Thing } from "../support.ts";
import { recipeOfName, runOfName } from "./calls.ts";
import type { Evidence } from "./evidence.ts";

/** What is wrong with the cloud, in full; the inventory is only asked whether it knows of every image. */
export function judgeCloud(evidence: Evidence): string[] {
  const { before, after, recipes } = evidence;
  const images = news(before.images, after.images);
  return [
    ...[...recipes].flatMap(([recipe, { keep }]) =>
      judgeRecipe(
        recipe,
        { keep, hasSucceeded: hasSucceeded(evidence, recipe) },
        imagesOf(recipe, images),
      ),
    ),
    ...images
      .filter(({ name }) => !recipes.has(recipeOfName(name ?? "")))
      .map((image) => `image ${named(image)} is of no recipe`),
    ...judgeInventory(evidence, images),
    ...judgeSnapshots(news(before.snapshots, after.snapshots), images),
    ...judgeOthers(before, after),
    ...judgeBirths(evidence),
  ];
}

function hasSucceeded({ records }: Evidence, recipe: string): boolean {
  return records.runs.some((run) => run.recipeName === recipe && run.outcome === "succeeded");
}

function judgeRecipe(
  recipe: string,
  { keep, hasSucceeded }: { keep: number; hasSucceeded: boolean },
  images: ImageThing[],
): string[] {
  const tag = `regild-current-${recipe}`;
  const current = images.filter(({ tags }) => tags.includes(tag));
  const retired = images.filter((image) => !current.includes(image));
  const list = (some: ImageThing[]): string => some.map(named).join(", ") || "none";
  const wrong: string[] = [];
  const wanted = hasSucceeded ? 1 : 0;
  if (current.length !== wanted)
    wrong.push(`${recipe}: not ${wanted} current images, but ${list(current)}`);
  if (images.length > keep) wrong.push(`${recipe}: more than ${keep} images: ${list(images)}`);
  const byRun = Map.groupBy(images, ({ name }) => runOfName(name ?? ""));
  for (const [runId, doubles] of byRun)
    if (doubles.length > 1) wrong.push(`double: run ${runId} has ${list(doubles)}`);
  for (const image of current)
    if (image.os_hidden || image.tags.includes("regild-retired"))
      wrong.push(`${recipe}: the current image ${named(image)} is shown as a retired one`);
  for (const image of retired)
    if (!image.os_hidden || !image.tags.includes("regild-retired"))
      wrong.push(`${recipe}: ${named(image)} is neither current nor retired`);
  for (const image of images) {
    const owner = String(image["regild_owner"]).split("/");
    if (image.status !== "active") wrong.push(`image ${named(image)} is ${image.status}`);
    if (owner[1] !== runOfName(image.name ?? "") || owner[3] !== image.id)
      wrong.push(`image ${named(image)} is marked as owned by ${owner.join("/")}`);
  }
  return wrong;
}

/** Both ways: what is there is kept by an inventory, and what an inventory keeps is there. */
function judgeInventory({ records }: Evidence, images: ImageThing[]): string[] {
  const entries = records.recipeStates.flatMap((recipeState) => recipeState.images);
  const kept = entries.filter(({ state }) => state === "current" || state === "retired");
  const stateOf = (id: string): string =>
    entries.find((entry) => entry.id === id)?.state ?? "unknown";
  return [
    ...images
      .filter(({ id }) => !kept.some((entry) => entry.id === id))
      .map((image) => `left over: image ${named(image)}, ${stateOf(image.id)} in the inventory`),
    ...kept
      .filter(({ id }) => !images.some((image) => image.id === id))
      .map(({ id, state, run }) => `lost: image ${id} of ${run}, ${state} in the inventory`),
  ];
}

function judgeSnapshots(snapshots: Thing[], images: ImageThing[]): string[] {
  const wanted = new Map(
    images.flatMap((image) => snapshotsNamedBy(image).map((id) => [id, named(image)] as const)),
  );
  return [
    ...snapshots
      .filter(({ id }) => !wanted.has(id))
      .map((one) => `left over: snapshot ${named(one)}, which no image names`),
    ...[...wanted]
      .filter(([id]) => snapshots.find((one) => one.id === id)?.status !== "available")
      .map(([id, image]) => `lost: snapshot ${id}, which image ${image} needs`),
  ];
}

const blockDevices = z.array(z.object({ snapshot_id: z.string() }));

/** A volume-backed image's content; Glance keeps the mapping as JSON in a property. */
function snapshotsNamedBy({ block_device_mapping: mapping = "[]" }: ImageThing): string[] {
  const devices = blockDevices.parse(JSON.parse(z.string().parse(mapping)));
  return devices.map((device) => device.snapshot_id);
}

/** Servers, volumes, and images and snapshots that were there before: all as they were, and no server or volume more. */
function judgeOthers(before: Inventory, after: Inventory): string[] {
  return (["servers", "volumes", "snapshots", "images"] as const).flatMap((kind) => {
    const now = new Map<string, Thing>(after[kind].map((one) => [one.id, one]));
    const changed = before[kind]
      .filter((one) => !isDeepStrictEqual(one, now.get(one.id)))
      .map((one) => {
        const seen = now.get(one.id);
        const what = seen === undefined ? "gone" : JSON.stringify(seen);
        return `changed: of ${kind}, ${JSON.stringify(one)} is now ${what}`;
      });
    if (kind === "images" || kind === "snapshots") return changed;
    const more = news<Thing>(before[kind], after[kind]);
    return [...changed, ...more.map((one) => `left over: of ${kind}, ${named(one)} ${one.status}`)];
  });
}

/**
 * No run needs more than one of each; a second one is a double, even when it was removed again. What a call makes that
 * reaches the cloud after its run had ended is left over, even for a moment.
 */
function judgeBirths({ births, records }: Evidence): string[] {
  const byRun = Map.groupBy(births, ({ kind, runId }) => `${kind}s of run ${runId}`);
  const endOf = new Map(records.runs.map((run) => [run.id, run.endedAtMs]));
  return [
    ...[...byRun]
      .filter(([, made]) => made.length > 1)
      .map(([what, made]) => `double: ${made.length} ${what} were made, ${idsOf(made)}`),
    ...births
      .filter(({ runId, atMs }) => atMs > (endOf.get(runId) ?? Infinity))
      .map(
        ({ kind, id, runId }) =>
          `left over for a moment: ${kind} ${id}, made when run ${runId} had ended`,
      ),
  ];
}

function imagesOf(recipe: string, images: ImageThing[]): ImageThing[] {
  return images.filter(({ name }) => recipeOfName(name ?? "") === recipe);
}

function news<One extends Thing>(before: One[], after: One[]): One[] {
  const known = new Set(before.map(({ id }) => id));
  return after.filter(({ id }) => !known.has(id));
}

function named({ id, name }: Thing): string {
  return `${name} (${id})`;
}

function idsOf(things: { id: string }[]): string {
  return things.map(({ id }) => id).join(" and ");
}
