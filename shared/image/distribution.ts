import type { Image, ImageService } from "../cloud-ports.ts";
import type { Ctx, Problem } from "../context.ts";
import type { ImageRecord } from "../image-imports.ts";
import type { Recipe, Zone } from "../recipe/recipe.ts";
import type { Candidate, ImageCopy, Run, Source } from "../run/record.ts";
import { handedOn } from "../source/resolve.ts";
import { seeVisibility, visibilityProblem } from "../source/visibility.ts";
import { candidateMarks } from "./marks.ts";
import { regionCopyProblem, regionZones } from "./region-copy.ts";
import { type ZoneFinder, zoneServices } from "./zones.ts";

const METHOD = "glance-download";
const COPY_METHOD = "copy-image";
/** Source: glance/policies/image.py, copy_image. */
const COPY_RULE = "copy_image";

type Zones = Pick<Recipe, "zones">;

/** The step `distribute` has something to do: copies for zones, or the encrypted copy that takes the image's place. */
export function isDistributed({ zones, image }: Pick<Recipe, "zones" | "image">): boolean {
  return zones.some(({ distribute }) => distribute) || image.cmkId !== undefined;
}

/** What copies are made with. */
export type Distributing = ZoneFinder & Pick<Ctx, "transfers"> & Partial<Pick<Ctx, "recipeState">>;

/** How a zone gets the content. */
export type Way = ImageCopy["way"];

/**
 * Image services that get copies of the image under its own id, by the names of their zones. The one that makes the image
 * gets none.
 */
export async function copyServices(ctx: ZoneFinder, { zones }: Zones): Promise<ImageService[]> {
  const distributing = zones.filter(
    ({ distribute, store, agencyName }) => distribute && store === null && agencyName === undefined,
  );
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
 * How each zone gets its copy, or why images of this recipe cannot be distributed. Asked before anything is stopped or made.
 * @param source null: not known yet.
 */
export async function planCopies(
  ctx: Distributing,
  recipe: Recipe,
  source: Pick<Source, "name" | "volumeBacked"> | null,
): Promise<{ ways: ReadonlyMap<string, Way> } | { problem: Problem }> {
  const ways = new Map<string, Way>();
  const services = await copyServices(ctx, recipe);
  const stores = recipe.zones.filter(({ store }) => store !== null);
  const far = regionZones(recipe);
  const isCopied = services.length + far.length > 0 || stores.some(({ distribute }) => distribute);
  if (isCopied && recipe.capture === "server" && source?.volumeBacked === true)
    return { problem: noContent(recipe, `An image of server ${source.name}`) };
  for (const service of services) {
    const { name, images } = service;
    const refused = visibilityProblem(recipe, await seeVisibility(images, recipe));
    if (refused !== null)
      return { problem: { ...refused, message: `Zone ${name}: ${refused.message}` } };
    const hindrance = await fetchHindrance(ctx, recipe, service);
    const problem =
      hindrance === null ? null : await streamProblem(ctx, recipe, service, hindrance);
    if (problem !== null) return { problem };
    ways.set(name, hindrance === null ? "fetch" : "stream");
  }
  for (const zone of far) {
    const problem = await regionCopyProblem(ctx, recipe, zone);
    if (problem !== null) return { problem };
  }
  for (const zone of stores) {
    const problem = await storeProblem(ctx, recipe, zone);
    if (problem !== null) return { problem };
    if (zone.distribute) ways.set(zone.name, "store");
  }
  return { ways };
}

/** Why the zone's image service does not fetch images by itself. Null: it does. */
async function fetchHindrance(
  ctx: Distributing,
  { zones, cloud }: Recipe,
  { name, imports }: ImageService,
): Promise<string | null> {
  if (zones.some((zone) => zone.name === name && zone.streamed))
    return `The recipe has Regild send images to zone ${name}`;
  const methods = await imports.methods();
  if (!methods.includes(METHOD)) {
    const offered = methods.length === 0 ? "none" : methods.join(", ");
    return `The image service of zone ${name} cannot fetch images: it offers no ${METHOD}. Its import methods: ${offered}`;
  }
  return (await regionOf(ctx)) === null
    ? `Image services fetch images from a region, and that of ${cloud} has no image service of its own`
    : null;
}

/** Why Regild cannot send images there itself. Null: it can. */
async function streamProblem(
  ctx: Distributing,
  { name: recipe }: Recipe,
  { name: zone, content }: ImageService,
  hindrance: string,
): Promise<Problem | null> {
  const takeOut = `or take distribute out of ${recipe}.zones.${zone}`;
  const [own] = await ctx.cloud.everyImageService();
  if (ctx.transfers === undefined || content === null || own?.content == null)
    return {
      code: CODE,
      message: `${hindrance}. A function on AWS cannot send them: it ends after minutes`,
      remedy: `Run this recipe by regild serve on a machine, ask the zone's operator for ${METHOD} (enabled_import_methods), ${takeOut}`,
    };
  if ((await own.content.isOffered()) && (await content.isOffered())) return null;
  return {
    code: CODE,
    message: `${hindrance}. Regild cannot send them with an access key, which would have to sign the whole content`,
    remedy: `Give both entries of clouds.yaml a password or an application credential, ${takeOut}`,
  };
}

/** Why images cannot be in this store, or cannot be copied to it. Null: they can, or nobody knows. */
async function storeProblem(
  ctx: Distributing,
  recipe: Recipe,
  { name: zone, store, distribute }: Zone,
): Promise<Problem | null> {
  const [own] = await ctx.cloud.everyImageService();
  if (own === undefined || store === null) return null;
  const problem = (message: string, remedy: string) => ({
    code: CODE,
    message: `Zone ${zone}: ${message}`,
    remedy,
  });
  const field = `${recipe.name}.zones.${zone}`;
  const stores = await own.imports.stores();
  const known = stores.find(({ id }) => id === store);
  if (known === undefined)
    return problem(
      `the image service has no store ${store}. Its stores: ${stores.map(({ id }) => id).join(", ") || "one alone"}`,
      `Correct ${field}.store. openstack image stores info lists the stores`,
    );
  if (!distribute) return null;
  if (known.isReadOnly)
    return problem(`store ${store} takes no images`, `Name another store in ${field}`);
  const methods = await own.imports.methods();
  if (!methods.includes(COPY_METHOD))
    return problem(
      `the image service offers no ${COPY_METHOD}. Its import methods: ${methods.join(", ") || "none"}`,
      `Ask its operator for ${COPY_METHOD} (enabled_import_methods), or take distribute out of ${field}`,
    );
  const current = (await ctx.recipeState?.())?.current ?? null;
  if (current === null || (await own.imports.mayCopy(current)) !== false) return null;
  return problem(
    "these credentials may not copy images to further stores",
    `Ask the cloud's operator for the policy rule ${COPY_RULE}, which lets admins alone do so by default. Or take distribute out of ${field}`,
  );
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
