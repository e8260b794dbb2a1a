import type { Image, ImageChange } from "../cloud-ports.ts";
import { imageOf } from "./inventory.ts";
import { isOwnProtection, PROTECTION_PROPERTY } from "./marks.ts";
import type { InventoryImage, Protection, RecipeState } from "./recipe-state.ts";
import { beyondKeep, isOfSource } from "./retention.ts";
import { whereShown } from "./shown.ts";

type Entry = Pick<InventoryImage, "id" | "protection">;
type Shown = Pick<Image, "protected" | "properties">;

/** What comes next: the note to write down, then what to send. Null: nothing to send. */
export interface ProtectionStep {
  protection: Protection | null;
  change: ImageChange | null;
}

/**
 * Glance sets `protected` and the mark in one PATCH. So protected without the mark is somebody else's protection, and the
 * mark without protected shows that a person has taken Regild's protection off.
 */
function markOf({ id, protection }: Entry): string | null {
  return protection === null ? null : `${id}/${new Date(protection.atMs).toISOString()}`;
}

function bearsMark(entry: Entry, { properties }: Shown): boolean {
  const mark = markOf(entry);
  return mark !== null && properties[PROTECTION_PROPERTY] === mark;
}

/** Both have to say so: the record and the image. If a person has taken it off and set it again, it is that person's. */
export function isProtectedByUs(entry: Entry, image: Shown): boolean {
  return image.protected && entry.protection?.state !== "lifted" && bearsMark(entry, image);
}

/** Why a protected image stays. A record that was put back from a backup does not have each note. */
export function whyProtected({ id, protection }: Entry, { properties }: Shown): string {
  if (protection === null && isOwnProtection(properties, id))
    return "protected with a mark of Regild that this record does not have";
  return protection?.state === "off" || protection?.state === "lifted"
    ? "protected by somebody, after Regild's own protection was taken off"
    : "protected by somebody";
}

const TAKEN_OFF: ImageChange = { protected: false, properties: { [PROTECTION_PROPERTY]: null } };

function set({ id }: Pick<Entry, "id">, protection: Protection): ProtectionStep {
  const mark = markOf({ id, protection });
  return { protection, change: { protected: true, properties: { [PROTECTION_PROPERTY]: mark } } };
}

function isTakenOff(entry: Entry, image: Shown): boolean {
  return entry.protection?.state === "on" && !image.protected && bearsMark(entry, image);
}

/** Records that a person has taken Regild's protection off, if the image shows that. */
export function noteTakenOff(
  recipeState: RecipeState,
  imageId: string,
  image: Shown | null,
): RecipeState {
  const entry = imageOf(recipeState, imageId);
  if (image === null || entry === undefined || entry.protection === null) return recipeState;
  return isTakenOff(entry, image)
    ? withProtection(recipeState, imageId, { ...entry.protection, state: "lifted" })
    : recipeState;
}

/** For an image that becomes current. Null: nothing to do, or somebody else has protected it. */
export function toProtect(entry: Entry, image: Shown, nowMs: number): ProtectionStep | null {
  const { protection } = entry;
  if (protection?.state === "lifted" || protection?.state === "refused") return null;
  const isOurs = isProtectedByUs(entry, image);
  if (image.protected && !isOurs) return null;
  if (protection?.state !== "on") return set(entry, { atMs: nowMs, state: "on", why: null });
  if (isOurs) return null;
  if (isTakenOff(entry, image))
    return { protection: { ...protection, state: "lifted" }, change: null };
  // The request of this announcement has not arrived.
  return set(entry, protection);
}

/** For an image whose recipe protects none any more. Null: nothing to do. */
function toRelease(entry: Entry, image: Shown): ProtectionStep | null {
  const { protection } = entry;
  if (protection === null) return null;
  const isOurs = isProtectedByUs(entry, image);
  const isLeftOver = !image.protected && bearsMark(entry, image);
  const change = isOurs || isLeftOver ? TAKEN_OFF : null;
  const { state } = protection;
  // A request of a paused worker may still set it: the record keeps the mark that it would bear.
  if (state === "off") return change === null ? null : { protection, change };
  if (isOurs || state === "on") return { protection: { ...protection, state: "off" }, change };
  return { protection: null, change };
}

/** For an image that is current or retired. Null: nothing to do. */
export function nextProtection(
  recipeState: RecipeState,
  entry: InventoryImage,
  image: Shown,
  nowMs: number,
): ProtectionStep | null {
  if (!recipeState.protects) return toRelease(entry, image);
  return isKept(recipeState, entry) ? toProtect(entry, image, nowMs) : null;
}

/** Images that are older than those to keep stay as they are until they are deleted. */
function isKept(recipeState: RecipeState, entry: InventoryImage): boolean {
  if (entry.state === "current") return true;
  if (entry.state !== "retired" || recipeState.rules === null) return false;
  if (entry.pinned === null && !isOfSource(recipeState, entry)) return false;
  const goers = beyondKeep(recipeState, recipeState.rules.keep);
  return !goers.some(({ id }) => id === entry.id);
}

/** Regild announces that it takes its protection off an image, to delete it. Null: the image is not to be deleted. */
export function announceTakingOff(recipeState: RecipeState, imageId: string): RecipeState | null {
  const entry = imageOf(recipeState, imageId);
  const protection = entry?.protection ?? null;
  const isAnnounced = protection?.state === "on" || protection?.state === "refused";
  if (entry?.state !== "deleting" || protection === null || !isAnnounced) return null;
  return withProtection(recipeState, imageId, { ...protection, state: "off" });
}

/** The change to send for it. Null: nothing of Regild's is there to take off. */
export function takingOff(entry: Entry, image: Shown): ImageChange | null {
  return isProtectedByUs(entry, image) ? TAKEN_OFF : null;
}

/** The cloud refused to set it: it is not asked again. */
export function protectionRefused(
  recipeState: RecipeState,
  imageId: string,
  why: string,
): RecipeState | null {
  const protection = imageOf(recipeState, imageId)?.protection;
  if (protection?.state !== "on") return null;
  return withProtection(recipeState, imageId, { ...protection, state: "refused", why });
}

/** A person has made the image current again: it is protected anew, also if a person had taken that off. */
export function askedAnew(protection: Protection | null): Protection | null {
  return protection?.state === "lifted" || protection?.state === "refused" ? null : protection;
}

/** Applies a changed recipe at once, not only from its next run. Null: nothing to change. */
export function adoptProtection(
  recipeState: RecipeState,
  protects: boolean,
  nowMs: number,
): RecipeState | null {
  if (recipeState.rules === null || recipeState.protects === protects) return null;
  const changed = { ...recipeState, protects };
  return whereShown(recipeState) === undefined
    ? changed
    : { ...changed, protectsChangedAtMs: nowMs, projectAtMs: nowMs };
}

export function withProtection(
  recipeState: RecipeState,
  imageId: string,
  protection: Protection | null,
): RecipeState {
  const images = recipeState.images.map((image) =>
    image.id === imageId ? { ...image, protection } : image,
  );
  return { ...recipeState, images };
}
