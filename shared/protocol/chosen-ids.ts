import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { Intent, IntentKind, Run } from "../run/record.ts";
import { load, update } from "./actor.ts";
import type { Deps } from "./step.ts";

const schema = z.strictObject({
  schema: z.literal(1),
  /** Null: not known yet. */
  isKept: z.nullable(z.boolean()),
  atMs: z.int(),
});

/** Time after which a cloud that did not keep an id is tried again: clouds are upgraded. */
const ASK_AGAIN_MS = 7 * 24 * 3_600_000;

/**
 * True if the last answer showed that the cloud gives images the ids that creates ask for. Null: unknown. Recorded per
 * service (Nova, Cinder) and per project, because a cloud's name in clouds.yaml may come to mean another cloud.
 */
async function keepsIds(
  { store, now }: Pick<Deps, "store" | "now">,
  run: Run,
  kind: IntentKind,
): Promise<boolean | null> {
  const known = (await load(store, keyOf(run, kind), schema))?.doc;
  if (known === undefined) return null;
  return known.isKept === false && now() >= known.atMs + ASK_AGAIN_MS ? null : known.isKept;
}

export async function noteKeptId(
  deps: Pick<Deps, "store" | "ids" | "now">,
  run: Run,
  kind: IntentKind,
  isKept: boolean | null,
): Promise<void> {
  const unknown = { schema: 1 as const, isKept: null, atMs: 0 };
  const change = (doc: z.infer<typeof schema>) =>
    doc.isKept === isKept && isKept !== false ? null : { ...doc, isKept, atMs: deps.now() };
  await update(deps, keyOf(run, kind), schema, unknown, change, () => ({ sweepAtMs: null }));
}

/** The cloud chooses. */
export const NO_ID = { imageId: null, isRepeatable: false };

/** Tries with a chosen id that an unknown cloud may leave unanswered, before one is made without. */
const MAX_ID_TRIES = 2;

/**
 * The id that the next create asks for. Every create of one attempt asks for the same id, so that two of them never make
 * two images.
 */
export async function chooseImageId(
  deps: Pick<Deps, "store" | "now" | "ids">,
  run: Run,
  kind: IntentKind,
): Promise<Pick<Intent, "imageId" | "isRepeatable">> {
  const isOffered = kind === "create-image" || kind === "upload-image";
  if (!isOffered || run.namesOnly) return NO_ID;
  const isKept = await keepsIds(deps, run, kind);
  const tried = run.unansweredAttempts.flatMap(({ imageId }) => imageId ?? []);
  // Never tried out here: Nova snapshots the volumes of a server before Glance refuses the id.
  const mayAsk = run.source?.volumeBacked !== true && tried.length < MAX_ID_TRIES;
  if (isKept === false || (isKept === null && !mayAsk)) return NO_ID;
  const imageId = run.chosenImageId ?? tried.at(-1) ?? deps.ids.uuid();
  return { imageId, isRepeatable: isKept === true };
}

/** Records whether the cloud keeps ids: the created image has the id that the create asked for, or another. */
export async function noteAnswer(
  { deps, run }: { deps: Deps; run: Run },
  { kind, imageId, isRepeatable }: Intent,
  { candidate }: Partial<Run>,
): Promise<void> {
  if (candidate == null || (imageId === null && !run.namesOnly)) return;
  const isKept = candidate.id === imageId;
  if (!isKept || !isRepeatable) await noteKeptId(deps, run, kind, isKept);
}

function keyOf({ recipe, source }: Run, kind: IntentKind): Key {
  const { cloud, region } = recipe;
  return { pk: ["K#image-ids", cloud, region, source?.projectId].join("#"), sk: kind };
}
