import type { Head } from "../image/head.ts";
import { imageOf, isShown, promote } from "../image/ledger.ts";
import { doomMade, findMade, type Made } from "../image/made.ts";
import { candidateMarks, missing } from "../image/marks.ts";
import { mark, project } from "../image/projection.ts";
import { rulesOf } from "../image/rules.ts";
import type { Image } from "../cloud-ports.ts";
import type { Ctx } from "../context.ts";
import { type Decision, step } from "../protocol/step.ts";
import { lateTries } from "../run/ledger-entries.ts";
import type { Run } from "../run/record.ts";
import { candidateOf, waitForSecond404 } from "./candidate.ts";

interface Seen {
  head: Head;
  image: Image | null;
  /** Doubles: made by tries that were given up. */
  late: Made[];
}

type Act = { kind: "doom-late" | "promote" | "project" };

/** The pivot: one write in the ledger makes the candidate current and the current one retired; then the clouds are shown it. */
export const promoteImage = step<Seen, Act>({ observe, decide, perform });

async function observe(ctx: Ctx, run: Run): Promise<Seen> {
  const candidate = candidateOf(run);
  const head = await ctx.head();
  const image = await ctx.cloud.images.image(candidate.id);
  const late: Seen["late"] = [];
  for (const t of run.promoted ? [] : lateTries(run, ctx.now())) {
    const made = await findMade(ctx, t);
    const known =
      made !== null &&
      (imageOf(head, made.id) !== undefined || head.parts.some((p) => p.id === made.id));
    if (made !== null && !known) late.push(made);
  }
  return { head, image, late };
}

/** A cloud that cannot be shown the pointer now is shown it by the recipe's looks between runs. */
const PATIENCE_MS = 120_000;

export function decide(run: Run, { head, image, late }: Seen, nowMs: number): Decision<Act> {
  const entry = imageOf(head, candidateOf(run).id);
  if (entry?.state === "current") {
    if (!run.promoted)
      return {
        kind: "note",
        text: "current",
        set: { promoted: true, failure: null, replacedImageId: entry.replaces },
      };
    if (!isShown(head) && image !== null && nowMs - run.stepSinceMs < PATIENCE_MS) {
      return { kind: "act", act: { kind: "project" }, text: "shown in the cloud" };
    }
    return { kind: "advance", to: "retire-images", text: promotedText(run) };
  }
  if (run.promoted) return { kind: "advance", to: "retire-images", text: promotedText(run) };
  const unsure = image === null ? waitForSecond404(run, nowMs) : null;
  if (unsure !== null) return unsure;
  if (entry?.state !== "candidate" || image === null || image.status !== "active") {
    return {
      kind: "fail",
      code: "image-vanished",
      message: `Image ${candidateOf(run).id} cannot be promoted: it is ${entry?.state === "candidate" ? (image?.status ?? "gone") : (entry?.state ?? "unknown to the ledger")}`,
      remedy: "Find out who deleted or deactivated it, then refresh again",
    };
  }
  if (late.length > 0)
    return {
      kind: "act",
      act: { kind: "doom-late" },
      text: "a create that nobody answered has made one more: it is to go",
    };
  return { kind: "act", act: { kind: "promote" }, text: `${entry.id} becomes current` };
}

function promotedText(run: Run): string {
  return run.replacedImageId === null
    ? "current, the first of its recipe"
    : `current, replaces ${run.replacedImageId}`;
}

async function perform(ctx: Ctx, run: Run, act: Act): Promise<void> {
  const candidate = candidateOf(run);
  switch (act.kind) {
    case "doom-late": {
      const now = ctx.now();
      for (const t of lateTries(run, now)) {
        const made = await findMade(ctx, t);
        if (made !== null) await ctx.changeHead((head) => doomMade(head, made, t, now));
      }
      return;
    }
    case "promote": {
      // Properties set while an upload was under way get lost on some clouds: what the recipe asks for is set again.
      const image = await ctx.cloud.images.image(candidate.id);
      if (image?.status !== "active") return;
      await mark(ctx, image, missing(image, candidateMarks(run, image, candidate.tryId)));
      const uploadSeconds =
        candidate.activeAtMs === null ? null : (candidate.activeAtMs - candidate.askedAtMs) / 1000;
      // Only a candidate: a worker that slept while later runs promoted theirs must not go back to this one.
      await ctx.changeHead((head) =>
        imageOf(head, candidate.id)?.state === "candidate"
          ? promote(head, candidate.id, ctx.now(), {
              rules: rulesOf(run.recipe),
              uploadSeconds,
            })
          : null,
      );
      return;
    }
    case "project":
      await project(ctx);
  }
}
