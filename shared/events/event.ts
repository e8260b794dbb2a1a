import * as z from "zod/mini";
import { OUTCOMES, type Outcome } from "../run/record.ts";

/** What every event tells. Within v1 fields are only added; null, never missing. */
const common = {
  schema: z.literal("regild/v1"),
  /** The same at every repetition: whoever has seen it drops the event. */
  id: z.string(),
  /** Of the record that changed, the run's or the recipe's: of two events about the same one, the higher is the later. */
  version: z.int().check(z.positive()),
  /** When it was written down: RFC 3339, UTC. */
  at: z.iso.datetime(),
  recipe: z.string(),
  cloud: z.string(),
  region_name: z.nullable(z.string()),
};

const image = z.strictObject({ id: z.string(), name: z.string() });

const runDetail = z.strictObject({
  ...common,
  run: z.string(),
  /** Null: it has just started. */
  outcome: z.nullable(z.enum(OUTCOMES)),
  /** What a run that succeeded has made. */
  image: z.nullable(image),
  /** `code` is a stable word, `deadline-passed` of a run that timed out. */
  failure: z.nullable(z.strictObject({ code: z.string(), message: z.string(), step: z.string() })),
  /** The run that was refreshing the recipe already. */
  joined_run: z.nullable(z.string()),
});
export type RunDetail = z.infer<typeof runDetail>;

const approvalDetail = z.strictObject({
  ...common,
  run: z.string(),
  /** The candidate that the run asks about. */
  image,
  /** Without an answer by then, the image is rejected. */
  until: z.iso.datetime(),
});
export type ApprovalDetail = z.infer<typeof approvalDetail>;

const promotedDetail = z.strictObject({
  ...common,
  /** That made the image. */
  run: z.string(),
  image,
  /** The id of the image that was current before; null: there was none. */
  replaces: z.nullable(z.string()),
  /** It had been current before, and is so again. */
  rollback: z.boolean(),
});
export type PromotedDetail = z.infer<typeof promotedDetail>;

const toBeDeletedDetail = z.strictObject({
  ...common,
  /** That made the image. */
  run: z.string(),
  image,
  /** Regild deletes the image at this time at the earliest, and not while something uses it. */
  deleted_after: z.iso.datetime(),
});
export type ToBeDeletedDetail = z.infer<typeof toBeDeletedDetail>;

const deletedDetail = z.strictObject({
  ...common,
  /** That made the image. */
  run: z.string(),
  image,
  /** It had been current once; false: the image of a run that did not succeed. */
  was_current: z.boolean(),
  /** A sentence for people. */
  reason: z.nullable(z.string()),
});
export type DeletedDetail = z.infer<typeof deletedDetail>;

const usableDetail = z.strictObject({
  ...common,
  /** That made the image. */
  run: z.string(),
  image,
  /** `deleted`, or the status that the image was seen with; null: it is usable again. */
  status: z.nullable(z.string()),
  /** When a check saw it first. */
  noticed_at: z.nullable(z.iso.datetime()),
});
export type UsableDetail = z.infer<typeof usableDetail>;

const pausedDetail = z.strictObject({
  ...common,
  /** A pause is of the recipe, whatever its cloud. */
  cloud: z.null(),
  region_name: z.null(),
  /** The run whose failure has paused the schedule, or whose success has resumed it. */
  run: z.nullable(z.string()),
  /** `everything`, or after failures `schedule`. */
  scope: z.enum(["everything", "schedule"]),
  /** A person, or `regild` after failures; who or which run has resumed it. */
  by: z.string(),
  reason: z.nullable(z.string()),
  /** When the pause ends by itself; null: somebody has to resume the recipe. */
  until: z.nullable(z.iso.datetime()),
});
export type PausedDetail = z.infer<typeof pausedDetail>;

export const ENDED = {
  succeeded: "Run Succeeded",
  failed: "Run Failed",
  cancelled: "Run Cancelled",
  joined: "Run Joined",
  skipped: "Run Skipped",
} as const satisfies Record<Outcome, string>;

/** `type` is EventBridge's detail-type. */
export const eventSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.enum(["Run Started", ...Object.values(ENDED)]), detail: runDetail }),
  z.strictObject({ type: z.literal("Run Waiting For Approval"), detail: approvalDetail }),
  z.strictObject({ type: z.literal("Image Promoted"), detail: promotedDetail }),
  z.strictObject({ type: z.literal("Image To Be Deleted"), detail: toBeDeletedDetail }),
  z.strictObject({ type: z.literal("Image Deleted"), detail: deletedDetail }),
  z.strictObject({
    type: z.enum(["Current Image Unusable", "Current Image Usable Again"]),
    detail: usableDetail,
  }),
  z.strictObject({ type: z.enum(["Recipe Paused", "Recipe Resumed"]), detail: pausedDetail }),
]);
export type RegildEvent = z.infer<typeof eventSchema>;
