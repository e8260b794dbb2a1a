import type { InventoryImage, RecipeState, SeenMember } from "../image/recipe-state.ts";
import { imageOf } from "../image/inventory.ts";
import { isBarred, promote } from "../image/promotion.ts";
import { isShown } from "../image/shown.ts";
import { markCreatedForDeletion, findCreated, type Created } from "../image/created.ts";
import {
  CANDIDATE_TAG,
  candidateMarks,
  type Marks,
  missing,
  promotionProperties,
  WAITING_MARKS,
} from "../image/marks.ts";
import { mark, project } from "../image/projection.ts";
import { announceProtection, withChange } from "../image/protect.ts";
import { toProtect } from "../image/protection.ts";
import { share } from "../image/share.ts";
import { justRead } from "../image/read-image.ts";
import { rulesOf } from "../image/rules.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { CloudError } from "../openstack/errors.ts";
import type { Fitness } from "../image/pointer.ts";
import { fitnessOf } from "../protocol/fitness.ts";
import { type Decision, step } from "../protocol/step.ts";
import { attest } from "../provenance/attest.ts";
import { approvalTimedOut, askForApproval, needsApproval } from "../run/approval.ts";
import { lateAttemptsHere } from "../run/created-by-run.ts";
import type { Run } from "../run/record.ts";
import { released } from "../source/item.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";
import { decideDiskImages, seeDiskImages, type SeenDiskImages } from "./disk-images.ts";

interface Seen {
  recipeState: RecipeState;
  image: Image | null;
  /** Of further data disks, until the image is current. */
  diskImages: SeenDiskImages;
  /** The current image, if a person has to compare it with the candidate. */
  current: Image | null;
  /** Duplicate images from attempts that were given up. */
  late: Created[];
  /** State of the image and its snapshots in each zone. Null: `validate-sync` has just checked that. */
  fitness: Fitness | null;
}

type Act = { kind: "mark-late" | "ask" | "promote" | "project" | "share" };

/**
 * Promotes: one write to the inventory makes the candidate current and retires the previous image. Then sets tags and
 * visibility.
 */
export const promoteImage = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const candidate = candidateOf(run);
  const recipeState = await ctx.recipeState();
  const image = await justRead(ctx)(candidate.id);
  const late: Seen["late"] = [];
  for (const t of run.promoted ? [] : lateAttemptsHere(run, ctx.now())) {
    const created = await findCreated(ctx, t);
    const known =
      created !== null &&
      (imageOf(recipeState, created.id) !== undefined ||
        recipeState.resources.some((p) => p.id === created.id));
    if (created !== null && !known) late.push(created);
  }
  const isAsking = needsApproval(run) && run.approval === null && recipeState.current !== null;
  const current = isAsking ? await ctx.cloud.images.image(recipeState.current ?? "") : null;
  const entry = imageOf(recipeState, candidate.id);
  const isDue = !needsApproval(run) && ctx.now() - run.stepSinceMs >= FRESH_MS;
  const fitness =
    entry?.state === "candidate" && isDue && image !== null ? await fitnessOf(ctx, entry) : null;
  const diskImages =
    entry?.state === "candidate" ? await seeDiskImages(run, justRead(ctx)) : new Map();
  return { recipeState, image, diskImages, current, late, fitness };
}

/** An older check of the image is repeated before the promotion: an approval or an outage may take hours. */
const FRESH_MS = 60_000;

/** Longest time to set the tags. After that, the recipe's checks between runs set them. */
const PATIENCE_MS = 120_000;

export function decide(run: Run, seen: Seen, nowMs: number): Decision<Act> {
  const { recipeState, image, late, fitness } = seen;
  const entry = imageOf(recipeState, candidateOf(run).id);
  if (entry?.state === "current") {
    if (!run.promoted)
      return {
        kind: "note",
        text: "current",
        set: { promoted: true, failure: null, replacedImageId: entry.replaces },
      };
    if (!isShown(recipeState) && image !== null && nowMs - run.stepSinceMs < PATIENCE_MS) {
      return { kind: "act", act: { kind: "project" }, text: "shown in the cloud" };
    }
    const { shareDue, seenMembers } = recipeState;
    if (shareDue !== null && shareDue.atMs <= nowMs && nowMs - run.stepSinceMs < PATIENCE_MS)
      return { kind: "act", act: { kind: "share" }, text: "members are brought in line" };
    const text = [promotedText(run), ...protectedText(entry), ...sharedText(seenMembers)].join(
      ", ",
    );
    return { kind: "advance", to: "retire-images", text };
  }
  if (entry?.state === "retired" && !run.promoted) {
    return {
      kind: "note",
      text: "current, and rolled back since",
      set: { promoted: true, failure: null, replacedImageId: entry.replaces },
    };
  }
  if (run.promoted) {
    if (!isShown(recipeState) && nowMs - run.stepSinceMs < PATIENCE_MS)
      return { kind: "act", act: { kind: "project" }, text: "shown in the cloud" };
    return { kind: "advance", to: "retire-images", text: promotedText(run) };
  }
  if (recipeState.pointerRequests.length > 0)
    return { kind: "wait", seconds: 3, text: "a rollback is under way" };
  if (isBarred(recipeState, run.id)) return rolledBackSince(recipeState);
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (entry?.state !== "candidate" || image === null || image.status !== "active") {
    return vanished(
      run,
      `it is ${entry?.state === "candidate" ? (image?.status ?? "gone") : (entry?.state ?? "unknown to the inventory")}`,
    );
  }
  const others = decideDiskImages(run, seen.diskImages, nowMs);
  if (others !== null) return others;
  if (late.length > 0)
    return {
      kind: "act",
      act: { kind: "mark-late" },
      text: "a create that nobody answered has made one more: it is to go",
    };
  if (needsApproval(run)) return awaitApproval(run, { image, current: seen.current }, nowMs);
  if (fitness?.kind === "bad") return vanished(run, fitness.why);
  if (fitness?.kind === "unknown") return { kind: "wait", seconds: 30, text: fitness.why };
  return { kind: "act", act: { kind: "promote" }, text: `${entry.id} becomes current` };
}

function vanished(run: Run, why: string): Decision<Act> {
  return {
    kind: "fail",
    code: "image-vanished",
    message: `Image ${candidateOf(run).id} cannot be promoted: ${why}`,
    remedy: "Find out who deleted or deactivated it, then refresh again",
  };
}

/** First hides the image and tags it as a candidate. Then the run asks, and waits without a message. */
function awaitApproval(
  run: Run,
  images: { image: Image; current: Image | null },
  nowMs: number,
): Decision<Act> {
  const { approval, recipeName } = run;
  const isMarked = images.image.tags.includes(CANDIDATE_TAG);
  if (approval === null && !isMarked)
    return { kind: "act", act: { kind: "ask" }, text: "marked as a candidate" };
  if (approval === null) {
    const set = askForApproval(run, images, nowMs);
    return { kind: "note", text: "asks for approval", set };
  }
  const { decision, untilMs } = approval;
  if (decision?.kind === "rejected") {
    const why = decision.reason === null ? "" : `: ${decision.reason}`;
    return {
      kind: "fail",
      code: "rejected",
      message: `${decision.by} rejected the image${why}`,
      remedy: `Fix the source, then make a new image: regild refresh ${recipeName}`,
    };
  }
  if (nowMs >= untilMs) return { kind: "fail", ...approvalTimedOut(recipeName) };
  return { kind: "rest", untilMs, text: "waits for approval" };
}

/**
 * The fault that a person went back from is probably in this image too: the source was captured before anybody fixed
 * it.
 */
function rolledBackSince(recipeState: RecipeState): Decision<Act> {
  const { by, reason } =
    recipeState.pointerChanges.findLast(({ kind }) => kind !== "promoted") ?? {};
  const why = reason == null ? "" : `: ${reason}`;
  return {
    kind: "fail",
    code: "rolled-back",
    message: `${by ?? "A person"} went back to an earlier image during this run${why}`,
    remedy: `Fix the source, then make a new image: regild refresh ${recipeState.recipeName}`,
  };
}

function promotedText(run: Run): string {
  return run.replacedImageId === null
    ? "current, the first of its recipe"
    : `current, replaces ${run.replacedImageId}`;
}

/** Whether Regild protects it. Nothing if the recipe does not ask for that, or somebody else protects it. */
function protectedText({ protection }: Pick<InventoryImage, "protection">): string[] {
  if (protection?.state === "on") return ["protected"];
  if (protection?.state !== "refused") return [];
  return [`not protected: ${protection.why ?? "the cloud refused it"}`];
}

/** `shared with 2 projects`, and with whom it is not. */
function sharedText(members: SeenMember[]): string[] {
  const shared = members.filter(({ status }) => status !== null && status !== "rejected").length;
  return [
    ...(shared === 0 ? [] : [`shared with ${shared} ${shared === 1 ? "project" : "projects"}`]),
    ...members.flatMap(({ project, why }) => (why === null ? [] : `not with ${project}: ${why}`)),
  ];
}

/** The marks of the recipe, and what the promotion is going to write on the image. */
function promotedMarks(
  run: Run,
  image: Image,
  is: Parameters<typeof promotionProperties>[0],
): Marks {
  const marks = candidateMarks(run, image, candidateOf(run).attemptId);
  const properties = { ...marks.change.properties, ...promotionProperties(is) };
  return { ...marks, change: { ...marks.change, properties } };
}

/** False if the image is no longer active. The answer to the PATCH shows that. Without a PATCH, it is read once more. */
async function isMarked(ctx: Ctx, image: Image, marks: Marks): Promise<boolean> {
  const lacking = missing(image, marks);
  const { images } = ctx.cloud;
  try {
    await mark(ctx, image, lacking);
    const now = lacking === null ? await images.image(image.id) : await justRead(ctx)(image.id);
    return now?.status === "active";
  } catch (error) {
    if (error instanceof CloudError && error.code === "not-found") return false;
    throw error;
  }
}

/** The time that the image bears already, unless this worker was paused since: then the tags are set once more. */
function promotedAtMs(askedAtMs: number, nowMs: number): number {
  return nowMs - askedAtMs <= SAME_ACT_MS ? askedAtMs : nowMs;
}

const SAME_ACT_MS = 2_000;

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const candidate = candidateOf(run);
  switch (act.kind) {
    case "mark-late": {
      const now = ctx.now();
      for (const t of lateAttemptsHere(run, now)) {
        const created = await findCreated(ctx, t);
        if (created !== null)
          await ctx.changeRecipeState((recipeState) =>
            markCreatedForDeletion(recipeState, created, t, now),
          );
      }
      return;
    }
    case "ask": {
      // Releases the source, because this run does not need it any more.
      for (const id of run.source?.lockIds ?? [])
        await ctx.changeSource(id, (s) => released(s, run.id, ctx.now()));
      const image = await ctx.cloud.images.image(candidate.id);
      // A worker that slept until the image was approved must not hide it.
      const state = imageOf(await ctx.recipeState(), candidate.id)?.state;
      if (image === null || state !== "candidate") return;
      // The first image is marked last: its mark shows that all are.
      for (const { id } of run.diskImages) {
        const other = await ctx.cloud.images.image(id);
        if (other === null) return;
        await mark(ctx, other, WAITING_MARKS);
      }
      await mark(ctx, image, WAITING_MARKS);
      return;
    }
    case "promote": {
      // Sets the recipe's properties again, because some clouds lose properties that are set during an upload.
      const image = await justRead(ctx)(candidate.id);
      if (image?.status !== "active") return;
      const diskImages: Image[] = [];
      for (const { id } of run.diskImages) {
        const one = await justRead(ctx)(id);
        if (one?.status !== "active") return;
        diskImages.push(one);
      }
      const askedAtMs = ctx.now();
      const { current } = await ctx.recipeState();
      const provenance = await attest(ctx, run, image, diskImages);
      const is = { promotedAtMs: askedAtMs, replaces: current, provenance };
      const protecting = run.recipe.image.protected
        ? await announceProtection(ctx, candidate.id, (_, entry) =>
            entry.state === "candidate" ? toProtect(entry, image, askedAtMs) : null,
          )
        : null;
      for (const one of diskImages)
        if (!(await isMarked(ctx, one, promotedMarks(run, one, is)))) return;
      const marks = withChange(promotedMarks(run, image, is), protecting?.change ?? null);
      if (!(await isMarked(ctx, image, marks))) return;
      const { activeAtMs } = candidate;
      const ownSeconds = activeAtMs === null ? null : (activeAtMs - candidate.askedAtMs) / 1000;
      const uploadSeconds =
        run.plainImage === undefined ? ownSeconds : run.plainImage.uploadSeconds;
      // Only a candidate: a worker that slept while later runs promoted their images must not promote this one.
      await ctx.changeRecipeState((recipeState) =>
        imageOf(recipeState, candidate.id)?.state === "candidate"
          ? promote(recipeState, candidate.id, promotedAtMs(askedAtMs, ctx.now()), {
              rules: rulesOf(run.recipe),
              sharing: run.recipe.sharing,
              protects: run.recipe.image.protected,
              provenance,
              uploadSeconds,
            })
          : null,
      );
      return;
    }
    case "project":
      return project(ctx, justRead(ctx));
    case "share":
      await share(ctx);
  }
}
