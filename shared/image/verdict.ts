import type { Image } from "../cloud-ports.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Zone } from "../recipe/recipe.ts";
import { handedOn } from "../source/resolve.ts";
import type { ZoneService } from "./zones.ts";

/**
 * - `good`: the image is usable there.
 * - `lagging`: not usable yet, or unknown.
 * - `failed`: will not become usable.
 */
export interface Verdict {
  zone: string;
  is: "good" | "lagging" | "failed";
  /** The evidence. */
  why: string;
  /** `not-synchronised`: the cloud itself reports it. `set-broken`: see there. Null: concluded from the image's state. */
  code: typeof SYNC_FAILED | typeof SET_BROKEN | null;
  /** True if the zone does not have the image at all. */
  isMissing: boolean;
}

export const SYNC_FAILED = "not-synchronised";
/** Of a set of images, one is not usable, so that the set is not. */
export const SET_BROKEN = "set-broken";

/** Statuses of an image that Glance is still making. */
const ON_ITS_WAY = ["queued", "saving", "uploading", "importing"];

/**
 * Whether an image is usable in a zone.
 * @param made the image where it was made. Null: unknown, so nothing is compared.
 * @param inherited sync reasons that the source has handed on: they say nothing of this image.
 */
export function judge(
  image: Image | null,
  made: Image | null,
  inherited: Record<string, string>,
): Omit<Verdict, "zone"> {
  const is = (verdict: Verdict["is"], why: string, more: Partial<Verdict> = {}) => ({
    is: verdict,
    why,
    code: null,
    isMissing: false,
    ...more,
  });
  if (image === null) return is("lagging", "not there", { isMissing: true });
  const reason = Object.entries(handedOn(image.properties)).find(
    ([key, text]) => inherited[key] !== text,
  );
  if (reason !== undefined) return is("failed", reason[1], { code: SYNC_FAILED });
  if (image.storesFailed !== null) return is("failed", `failed: ${image.storesFailed}`);
  if (ON_ITS_WAY.includes(image.status)) return is("lagging", image.status);
  if (image.status !== "active") return is("failed", `it is ${image.status}`);
  if (image.storesImporting !== null) return is("lagging", `importing: ${image.storesImporting}`);
  const other = differenceOf(image, made);
  return other === null ? is("good", evidenceOf(image)) : is("failed", other);
}

/** A difference counts only if both services report the value. */
function differenceOf(image: Image, made: Image | null): string | null {
  const { sizeBytes, hash } = made ?? {};
  if (sizeBytes != null && image.sizeBytes !== null && sizeBytes !== image.sizeBytes)
    return `${image.sizeBytes} bytes, not ${sizeBytes}`;
  if (hash != null && image.hash !== null && hash !== image.hash)
    return `${image.hash}, not ${hash}`;
  return null;
}

function evidenceOf({ sizeBytes }: Image): string {
  return sizeBytes === null ? "active" : `active, ${sizeBytes} bytes`;
}

/** Whether the image has arrived in a store of the image service that made it. */
function judgeStore(
  made: Image | null,
  { name, store }: Pick<Zone, "name" | "store">,
): Verdict | null {
  if (made === null || store === null) return null;
  const isThere = made.stores.includes(store);
  const why = isThere ? `in store ${store}` : `not in store ${store}`;
  return { zone: name, is: isThere ? "good" : "lagging", why, code: null, isMissing: !isThere };
}

/**
 * @param made the image as the first of these services has it.
 * @param zones whose stores count.
 */
export async function seeZones(
  [own, ...others]: ZoneService[],
  id: string,
  made: Image | null,
  inherited: Record<string, string>,
  zones: readonly Zone[],
): Promise<Verdict[]> {
  const verdicts: Verdict[] =
    own === undefined ? [] : [{ zone: own.name, ...judge(made, made, inherited) }];
  for (const { name, images, imageId } of others) {
    try {
      const image = await images.image(imageId ?? id);
      // IMS does not promise that its copy is the same file.
      const like = imageId === undefined ? made : null;
      verdicts.push({ zone: name, ...judge(image, like, inherited) });
    } catch (error) {
      verdicts.push(unanswered(name, error));
    }
  }
  if (own !== undefined) verdicts.push(...zones.flatMap((zone) => judgeStore(made, zone) ?? []));
  return verdicts;
}

/** @throws errors other than CloudError. */
export function unanswered(zone: string, error: unknown): Verdict {
  if (!(error instanceof CloudError)) throw error;
  const why = `did not answer: ${error.message}`;
  return { zone, is: "lagging", why, code: null, isMissing: false };
}

/** True if the image was usable in the zone and is not any more. */
export function isFaulty({ is, isMissing }: Verdict): boolean {
  return is === "failed" || isMissing;
}

/** `az1: active, 2490368 bytes; az2: not there` */
export function verdictsText(verdicts: readonly Verdict[]): string {
  return verdicts.map(({ zone, why }) => `${zone}: ${why}`).join("; ");
}

/** @param all of the image: a single zone needs no name. */
export function wordsOf(verdict: Verdict, all: readonly Verdict[]): string {
  return all.length === 1 ? verdict.why : verdictsText([verdict]);
}
