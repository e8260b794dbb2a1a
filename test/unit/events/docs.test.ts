import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { eventSchema, type RegildEvent } from "../../../shared/events/event.ts";
import { eventsOf } from "../../../shared/events/events-of.ts";
import { promote } from "../../../shared/image/promotion.ts";
import { passes } from "../../aws/stream-filter.ts";
import { recipeState, inventoryImage, NOW } from "../builders.ts";

const section = readFileSync(new URL("../../../docs/aws-events.md", import.meta.url), "utf8");

const TYPES: Record<RegildEvent["type"], true> = {
  "Run Started": true,
  "Run Succeeded": true,
  "Run Failed": true,
  "Run Cancelled": true,
  "Run Joined": true,
  "Run Skipped": true,
  "Run Waiting For Approval": true,
  "Image Promoted": true,
  "Image To Be Deleted": true,
  "Image Deleted": true,
  "Current Image Unusable": true,
  "Current Image Usable Again": true,
  "Recipe Paused": true,
  "Recipe Resumed": true,
};

describe("what docs/aws-events.md says", () => {
  it.each(Object.keys(TYPES))("has a place for %s", (type) => {
    expect(section).toContain(`\`${type}\``);
  });

  it.each([
    ...new Set(eventSchema.def.options.flatMap(({ shape }) => Object.keys(shape.detail.shape))),
  ])("names %s", (field) => {
    expect(section).toContain(`\`${field}\``);
  });

  it("is a rule that meets the promotion of its recipe's image, and no other event", () => {
    const pattern: unknown = JSON.parse(/```json\n(.*?)```/s.exec(section)?.[1] ?? "");
    const before = recipeState({ images: [inventoryImage({ id: "image-1" })] });
    const after = promote(before, "image-1", NOW, { rules: null, uploadSeconds: null });
    const item = {
      key: { pk: "R#web", sk: "head" },
      writeId: "w",
      sweepAtMs: null,
      cancelAtMs: null,
      day: null,
      expiresAtMs: null,
    };
    const [event] = eventsOf({
      before: { ...item, version: 1, doc: JSON.stringify(before) },
      after: { ...item, version: 2, doc: JSON.stringify(after) },
      writtenAtMs: NOW,
    });
    if (event === undefined) throw new Error("nothing is told");
    const delivered = ({ type, detail }: RegildEvent) => ({
      source: "regild",
      "detail-type": type,
      detail,
    });
    expect(passes([pattern], delivered(event))).toBe(true);
    expect(passes([pattern], { ...delivered(event), "detail-type": "Image Deleted" })).toBe(false);
    const other = { ...event.detail, recipe: "db" };
    expect(passes([pattern], { ...delivered(event), detail: other })).toBe(false);
  });
});
