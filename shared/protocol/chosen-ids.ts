import * as z from "zod/mini";
import type { Key } from "../ports.ts";
import type { Intent, IntentKind, Run } from "../run/record.ts";
import { fenceName } from "../image/fence.ts";
import { awaitLateAttempts } from "../image/late-attempts.ts";
import { lateTrial } from "../run/created-by-run.ts";
import { CloudError } from "../openstack/errors.ts";
import { load, update } from "./actor.ts";
import type { Session } from "./session.ts";
import type { Deps } from "./step.ts";

const schema = z.strictObject({
  schema: z.literal(1),
  /** Null: not known yet. */
  isKept: z.nullable(z.boolean()),
  /** Glance took an id of our choosing, for an empty image. */
  isTaken: z._default(z.boolean(), false),
  atMs: z.int(),
});
type Known = z.infer<typeof schema>;

/** Time after which a cloud that did not keep an id is tried again: clouds are upgraded. */
const ASK_AGAIN_MS = 7 * 24 * 3_600_000;

const UNKNOWN: Known = { schema: 1, isKept: null, isTaken: false, atMs: 0 };

/**
 * What the last answers have shown of the cloud: `isKept` if it gives images the ids that creates ask for, null: unknown.
 * Recorded per service (Nova, Cinder) and per project, because a cloud's name in clouds.yaml may come to mean another
 * cloud.
 */
async function knownOf(
  { store, now }: Pick<Deps, "store" | "now">,
  run: Run,
  kind: IntentKind,
): Promise<Known> {
  const known = (await load(store, keyOf(run, kind), schema))?.doc ?? UNKNOWN;
  return known.isKept === false && now() >= known.atMs + ASK_AGAIN_MS ? UNKNOWN : known;
}

export async function noteKeptId(
  deps: Pick<Deps, "store" | "ids" | "now">,
  run: Run,
  kind: IntentKind,
  isKept: boolean | null,
): Promise<void> {
  const change = (doc: Known): Known | null =>
    doc.isKept === isKept && isKept !== false ? null : { ...doc, isKept, atMs: deps.now() };
  await update(deps, keyOf(run, kind), schema, UNKNOWN, change, () => ({ sweepAtMs: null }));
}

/** The cloud chooses. */
export const NO_ID = { imageId: null, isRepeatable: false };

/** Tries with a chosen id that an unknown cloud may leave unanswered, before one is made without. */
const MAX_ID_TRIES = 2;

/**
 * Nova snapshots the volumes of a server before Glance can refuse the id of its image. So Glance is asked with an empty image
 * first, once for each cloud. True: that is to be done now.
 */
export async function needsTrial(
  deps: Pick<Deps, "store" | "now">,
  run: Run,
  kind: IntentKind,
): Promise<boolean> {
  if (kind !== "create-image" || run.namesOnly || run.source?.volumeBacked !== true) return false;
  const { isKept, isTaken } = await knownOf(deps, run, kind);
  return isKept === null && !isTaken;
}

/** As Glance, or something before it, may answer to an id that it does not take. */
const REFUSED_ID: ReadonlySet<string> = new Set(["invalid-request", "forbidden"]);

/**
 * Uses an id up by an empty image, which goes at once. The record names the id before, so a repetition after a worker that
 * died in between deletes what that one has left. If its delete is refused, the inventory deletes it later.
 */
export async function tryOut(session: Session, kind: IntentKind): Promise<void> {
  const { deps, ctx } = session;
  if (session.run.triedImageId === null) await session.save({ triedImageId: deps.ids.uuid() });
  const { run } = session;
  const id = run.triedImageId ?? "";
  try {
    if (!(await ctx.cloud.images.fence(id, fenceName(id)))) await ctx.cloud.images.deleteImage(id);
  } catch (error) {
    const refused = error instanceof CloudError && error.kind === "refused" ? error : null;
    if (refused?.call?.service !== "image") throw error;
    if (refused.call.method === "DELETE") {
      await ctx.changeRecipeState((h) => awaitLateAttempts(h, lateTrial(run, id, deps.now())));
      return noteTaken(session, kind);
    }
    // Other refusals say nothing about ids, and the create would meet them as well: a quota that is used up, for example.
    if (!REFUSED_ID.has(refused.code ?? "")) throw error;
    await noteKeptId(deps, run, kind, false);
    session.record(
      "observation",
      `the image service takes no id of our choosing: ${refused.message}`,
    );
    return session.save({ triedImageId: null });
  }
  return noteTaken(session, kind);
}

async function noteTaken(session: Session, kind: IntentKind): Promise<void> {
  const { deps, run } = session;
  const change = (doc: Known): Known => ({ ...doc, isTaken: true, isKept: null, atMs: deps.now() });
  await update(deps, keyOf(run, kind), schema, UNKNOWN, change, () => ({ sweepAtMs: null }));
  session.record("observation", "the image service takes ids of our choosing");
  return session.save({ triedImageId: null });
}

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
  const { isKept } = await knownOf(deps, run, kind);
  const tried = run.unansweredAttempts.flatMap(({ imageId }) => imageId ?? []);
  if (isKept === false || (isKept === null && tried.length >= MAX_ID_TRIES)) return NO_ID;
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
