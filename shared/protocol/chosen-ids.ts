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

/** A cloud that did not keep an id is asked for one again after so long: clouds are upgraded. */
const ASK_AGAIN_MS = 7 * 24 * 3_600_000;

/**
 * Whether a cloud gives images the ids that their creates ask for, as the last answer showed. Null: not known. Nova and
 * Cinder are told apart, and so are projects: a cloud's name may be given to another cloud.
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
 * The id that the next image is to have. Every try of one attempt asks for the same one, so that two of them never make
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
  // Nova snapshots the volumes of a server before Glance refuses an id: that is not tried out.
  const mayAsk = run.source?.volumeBacked !== true && tried.length < MAX_ID_TRIES;
  if (isKept === false || (isKept === null && !mayAsk)) return NO_ID;
  const imageId = run.chosenImageId ?? tried.at(-1) ?? deps.ids.uuid();
  return { imageId, isRepeatable: isKept === true };
}

/** Each answer to a create shows whether the cloud keeps ids: the image has the one it asked for, or another. */
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
