import type { Image, ImageChange } from "../cloud-ports.ts";
import { isByIms } from "../recipe/recipe.ts";
import type { Run } from "../run/record.ts";
import { setProperties } from "./image-set.ts";
import type { RecipeState, InventoryImage } from "./recipe-state.ts";

/**
 * Tags and properties that an image must have. Tags show the state, because images of servers booted from it inherit
 * properties.
 */
export interface Marks {
  change: ImageChange;
  addTags: string[];
  removeTags: string[];
}

export function currentTag(recipeName: string): string {
  return `regild-current-${recipeName}`;
}

/** `NAME:VERSION`, as OCI references have it: a recipe's name holds no colon. */
export function versionTag(recipeName: string, version: string): string {
  return `regild-version-${recipeName}:${version}`;
}

/** Tag of an image that waits for a person's approval. */
export const CANDIDATE_TAG = "regild-candidate";
export const RETIRED_TAG = "regild-retired";
const PINNED_TAG = "regild-pinned";
const REVOKED_TAG = "regild-revoked";

export const OWNER_PROPERTY = "regild_owner";

/** `<installation>/<run>/<attempt>/<image id>`. A value with another image's id was inherited, and proves nothing. */
export function ownerMark(
  installationId: string,
  run: string,
  attemptId: string,
  imageId: string,
): string {
  return `${installationId}/${run}/${attemptId}/${imageId}`;
}

/**
 * Set in the create request, so that they replace the ones inherited from the image that the source was booted from.
 */
export function creationProperties(run: Run): Record<string, string> {
  const source = run.source === null ? "" : `${run.source.kind}:${run.source.id}`;
  const { version } = run.recipe.image;
  return {
    image_type: "image",
    ...run.recipe.image.properties,
    regild_recipe: run.recipeName,
    regild_source: source,
    ...(version === null ? {} : { regild_version: version }),
  };
}

/** Names the digest of the statement of what made the image. */
export const PROVENANCE_PROPERTY = "regild_provenance";
/** Stands for Regild's own protection of this image: see protection.ts. */
export const PROTECTION_PROPERTY = "regild_protected";
const PROMOTION_KEYS = ["regild_promoted_at", "regild_replaces", PROVENANCE_PROPERTY];

/** What openstacksdk and its Ansible modules write on an image that they upload: the hashes of the file, and its name. */
const UPLOADER_PREFIX = "owner_specified.openstack.";

/**
 * The recipe's properties and the owner's mark. Removes the properties that Nova and Cinder have copied from another
 * image and that say what isn't so of this one: `regild_*`, and the hashes of an upload by openstacksdk. openstacksdk
 * would take the image for that file (seen with openstacksdk 0.101.0 on Zed).
 */
export function candidateMarks(run: Run, image: Image, attemptId: string): Marks {
  const wanted: Record<string, string> = {
    ...creationProperties(run),
    ...diskProperties(run, image.id),
    [OWNER_PROPERTY]: ownerMark(run.installationId, run.id, attemptId, image.id),
  };
  const inherited = Object.keys(image.properties).filter(
    (key) =>
      (key.startsWith("regild_") || key.startsWith(UPLOADER_PREFIX)) &&
      !(key in wanted) &&
      !(key === PROTECTION_PROPERTY && isOwnProtection(image.properties, image.id)) &&
      !(run.promoted && PROMOTION_KEYS.includes(key)),
  );
  const { minDiskGib, minRamMib, visibility } = run.recipe.image;
  const name = run.diskImages.find(({ id }) => id === image.id)?.name ?? run.imageName;
  return {
    change: {
      ...(keepsVisibility(run) ? {} : { visibility }),
      ...(name === null ? {} : { name }),
      ...(minDiskGib === null ? {} : { minDiskGib }),
      ...(minRamMib === null ? {} : { minRamMib }),
      properties: { ...wanted, ...Object.fromEntries(inherited.map((key) => [key, null])) },
    },
    addTags: [],
    removeTags: [],
  };
}

/**
 * The images of IMS are private until they are shared, and no call changes that otherwise (Image Management Service API
 * reference, "Modifying an Image (Native OpenStack API)", "Constraints").
 */
function keepsVisibility({ recipe }: Run): boolean {
  return isByIms(recipe) && ["private", "shared"].includes(recipe.image.visibility);
}

/** None for an image that is an image of its own. */
function diskProperties({ candidate, diskImages, source }: Run, imageId: string) {
  const first = source?.disks[0];
  if (first === undefined || candidate === null) return {};
  const device = diskImages.find(({ id }) => id === imageId)?.device ?? first.device;
  return setProperties(candidate.id, device);
}

/** A value with another image's id was inherited. */
export function isOwnProtection(properties: Image["properties"], imageId: string): boolean {
  return properties[PROTECTION_PROPERTY]?.startsWith(`${imageId}/`) === true;
}

/**
 * Hides an image that waits for approval, so that nobody takes it for the newest one. People find it by its id or
 * tag.
 */
export const WAITING_MARKS: Marks = {
  change: { hidden: true },
  addTags: [CANDIDATE_TAG],
  removeTags: [],
};

/** A tag by which Regild shows the state of an image. Undefined: the image has none. Tags are never inherited. */
export function stateTagOf({ tags }: Pick<Image, "tags">): string | undefined {
  const states = [CANDIDATE_TAG, RETIRED_TAG, PINNED_TAG, REVOKED_TAG];
  return tags.find((tag) => states.includes(tag) || tag.startsWith(currentTag("")));
}

/** Only a promoted image ever bears these: tags are not inherited. */
export function showsPromotion({ tags }: Image, recipeName: string): boolean {
  return [currentTag(recipeName), RETIRED_TAG, PINNED_TAG].some((tag) => tags.includes(tag));
}

/** An adopted image has no owner mark of its creation. */
function adoptionProperties(
  { installationId }: RecipeState,
  { adopted, run, attemptId, id }: InventoryImage,
): Pick<ImageChange, "properties"> {
  return adopted === null
    ? {}
    : { properties: { [OWNER_PROPERTY]: ownerMark(installationId, run, attemptId, id) } };
}

/** How the clouds are to show what the inventory says of an image. */
export function stateMarks(recipeState: RecipeState, entry: InventoryImage): Marks {
  const current = currentTag(recipeState.recipeName);
  const label = entry.version === null ? [] : [versionTag(recipeState.recipeName, entry.version)];
  const owner = adoptionProperties(recipeState, entry);
  const [pin, noPin] = entry.pinned === null ? [[], [PINNED_TAG]] : [[PINNED_TAG], []];
  if (entry.state !== "current" && entry.pinned !== null && entry.revoked === null) {
    return {
      change: { hidden: false, ...owner },
      addTags: [...pin, ...label],
      removeTags: [current, RETIRED_TAG, CANDIDATE_TAG],
    };
  }
  if (entry.state !== "current") {
    return {
      change: { hidden: true, ...owner },
      addTags: [RETIRED_TAG, ...(entry.revoked === null ? [] : [REVOKED_TAG]), ...pin, ...label],
      removeTags: [current, CANDIDATE_TAG, ...noPin],
    };
  }
  return {
    change: {
      hidden: false,
      properties: { ...promotionProperties(entry), ...owner.properties },
    },
    addTags: [current, ...pin, ...label],
    removeTags: [RETIRED_TAG, CANDIDATE_TAG, ...noPin],
  };
}

export function promotionProperties({
  promotedAtMs,
  replaces,
  provenance,
}: Pick<InventoryImage, "promotedAtMs" | "replaces" | "provenance">): Record<
  string,
  string | null
> {
  return {
    regild_promoted_at: new Date(promotedAtMs ?? 0).toISOString(),
    regild_replaces: replaces,
    [PROVENANCE_PROPERTY]: provenance,
  };
}

/** The part of `marks` that the image does not show yet; null: it shows them all. */
export function missing(image: Image, marks: Marks): Marks | null {
  const addTags = marks.addTags.filter((tag) => !image.tags.includes(tag));
  const removeTags = marks.removeTags.filter((tag) => image.tags.includes(tag));
  const done = addTags.length === 0 && removeTags.length === 0 && shows(image, marks.change);
  return done ? null : { change: marks.change, addTags, removeTags };
}

function shows(image: Image, { properties = {}, ...fields }: ImageChange): boolean {
  const now: Record<string, unknown> = { ...image };
  return (
    Object.entries(fields).every(([field, wanted]) => now[field] === wanted) &&
    Object.entries(properties).every(([key, wanted]) => (image.properties[key] ?? null) === wanted)
  );
}
