import type { Image, ImageService } from "../cloud-ports.ts";
import type { Problem } from "../context.ts";
import type { ImageRecord } from "../image-imports.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Candidate, Run, Source } from "../run/record.ts";
import { handedOn } from "../source/resolve.ts";
import { seeVisibility, visibilityProblem } from "../source/visibility.ts";
import { candidateMarks } from "./marks.ts";
import { type ZoneFinder, zoneServices } from "./zones.ts";

const METHOD = "glance-download";

type Zones = Pick<Recipe, "zones">;

export function isDistributed({ zones }: Zones): boolean {
  return zones.some(({ distribute }) => distribute);
}

/** Image services that get copies of the image, by the names of their zones. The one that makes the image gets none. */
export async function copyServices(ctx: ZoneFinder, { zones }: Zones): Promise<ImageService[]> {
  const distributing = zones.filter(({ distribute }) => distribute);
  if (distributing.length === 0) return [];
  const [, ...others] = await zoneServices(ctx, distributing);
  return others;
}

/** The region that copies are fetched from. Null: its name is that of several image services, or it has none. */
export async function regionOf({ cloud }: ZoneFinder): Promise<string | null> {
  const [own, ...others] = await cloud.everyImageService();
  const region = own?.region ?? "";
  return region === "" || others.some((other) => other.region === region) ? null : region;
}

/**
 * Why images of this recipe cannot be distributed. Null: they can, or need not be.
 * @param source null: not known yet.
 */
export async function distributionProblem(
  ctx: ZoneFinder,
  recipe: Recipe,
  source: Pick<Source, "name" | "volumeBacked"> | null,
): Promise<Problem | null> {
  const services = await copyServices(ctx, recipe);
  if (services.length > 0 && recipe.capture === "server" && source?.volumeBacked === true)
    return noContent(recipe, `An image of server ${source.name}`);
  if (services.length > 0 && (await regionOf(ctx)) === null) {
    return {
      code: CODE,
      message: `Image services fetch images from a region, and that of ${recipe.cloud} has no image service of its own`,
      remedy: `Take distribute out of ${recipe.name}.zones, and copy the images yourself`,
    };
  }
  for (const { name, images, imports } of services) {
    const refused = visibilityProblem(recipe, await seeVisibility(images, recipe));
    if (refused !== null) return { ...refused, message: `Zone ${name}: ${refused.message}` };
    const methods = await imports.methods();
    if (methods.includes(METHOD)) continue;
    const offered = methods.length === 0 ? "none" : methods.join(", ");
    return {
      code: CODE,
      message: `The image service of zone ${name} cannot fetch images: it offers no ${METHOD}. Its import methods: ${offered}`,
      remedy: `Ask its operator for ${METHOD} (enabled_import_methods), or take distribute out of ${recipe.name}.zones.${name}`,
    };
  }
  return null;
}

/** @param image its name or id, or what becomes one. */
export function noContent(recipe: Recipe, image: string): Problem {
  return {
    code: CODE,
    message: `${image} is made of volume snapshots, so no image service has a content that could be copied to another region`,
    remedy: `Write capture: root_volume for ${recipe.name}, which uploads the disk, or take distribute out of its zones`,
  };
}

const CODE = "distribution-not-possible";

/**
 * The copy's record: hidden and private until the image has become current, because nobody has tested or approved it yet.
 * Without what is true of one zone only.
 */
export function copyOf(run: Run, { attemptId }: Candidate, image: Image): ImageRecord {
  const { change } = candidateMarks(run, image, attemptId);
  const reasons = Object.keys(handedOn(image.properties));
  const kept = Object.entries({ ...image.properties, ...change.properties }).flatMap(
    ([key, value]) => (value === null || reasons.includes(key) ? [] : [[key, value] as const]),
  );
  return {
    id: image.id,
    name: image.name,
    visibility: "private",
    hidden: true,
    diskFormat: image.diskFormat,
    containerFormat: image.containerFormat,
    minDiskGib: change.minDiskGib ?? image.minDiskGib,
    minRamMib: change.minRamMib ?? image.minRamMib,
    properties: Object.fromEntries(kept),
  };
}
