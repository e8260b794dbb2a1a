import type { PlantedBug } from "../bug.ts";

const COPIES = "shared/image/copies.ts";
const VALIDATE = "shared/steps/validate-sync.ts";
const VERDICT = "shared/image/verdict.ts";
const EVERYWHERE = ["what becomes current is usable in each zone"];
const NOTHING_LEFT = [
  "what the inventory calls gone is gone everywhere",
  "no copy of an image is left",
];

/** Images of clouds with a second image service. */
export const ZONE_BUGS: PlantedBug[] = [
  {
    name: "zone-not-asked",
    breaks: "Only the image service that made the image is asked whether it is usable",
    withinSeeds: 20,
    only: "zones",
    rules: EVERYWHERE,
    edits: [
      {
        file: VALIDATE,
        find: 'image?.status === "active" ? services : []',
        replace: 'image?.status === "active" ? services.slice(0, 1) : []',
      },
    ],
  },
  {
    name: "not-there-taken-for-good",
    breaks: "An image that a zone does not have yet is taken for usable there",
    withinSeeds: 20,
    only: "zones",
    rules: EVERYWHERE,
    edits: [
      {
        file: VERDICT,
        find: 'if (image === null) return is("lagging", "not there", { isMissing: true });',
        replace: 'if (image === null) return is("good", "not there");',
      },
    ],
  },
  {
    name: "silent-zone-taken-for-good",
    breaks: "A zone that does not answer is taken for one where the image is usable",
    withinSeeds: 100,
    only: "zones",
    rules: EVERYWHERE,
    edits: [
      {
        file: VERDICT,
        find: 'return { zone, is: "lagging", why, code: null, isMissing: false };',
        replace: 'return { zone, is: "good", why, code: null, isMissing: false };',
      },
    ],
  },
  {
    name: "made-before-gone",
    breaks: "The next image is made while the one that failed is still there",
    withinSeeds: 100,
    only: "zones",
    rules: ["an image that failed is gone before the next one is made"],
    edits: [
      {
        file: VALIDATE,
        find: 'return { kind: "act", act: { kind: "mark-for-deletion" }, text: reason };',
        replace:
          'return { kind: "act", act: { kind: "mark-for-deletion" }, text: reason, set: nextAttempt(run), thenWaitSeconds: 1 };',
      },
    ],
  },
  {
    name: "copies-not-seen",
    breaks: "An image is called gone when the image service that made it answers 404",
    withinSeeds: 120,
    only: "zones",
    rules: NOTHING_LEFT,
    edits: [
      {
        file: "shared/image/removal-seen.ts",
        find: "if (images.get(entry.id) === null) copies.set(entry.id, await seeCopies(ctx, entry));",
        replace:
          "if (images.get(entry.id) === undefined) copies.set(entry.id, await seeCopies(ctx, entry));",
      },
      {
        file: COPIES,
        find: "wasThere = (await images.deleteImage(imageId)) || wasThere;",
        replace: "wasThere = images === undefined || wasThere;",
      },
    ],
  },
  {
    name: "copies-not-deleted",
    breaks: "An image is deleted in the image service that made it only",
    withinSeeds: 120,
    only: "zones",
    rules: NOTHING_LEFT,
    edits: [
      {
        file: COPIES,
        find: "wasThere = (await images.deleteImage(imageId)) || wasThere;",
        replace: "wasThere = images === undefined || wasThere;",
      },
    ],
  },
  {
    name: "silence-taken-for-404",
    breaks: "An image service that does not answer is taken for one that has no such image",
    withinSeeds: 250,
    only: "zones",
    rules: NOTHING_LEFT,
    edits: [
      {
        file: COPIES,
        find: 'unread: unread.join("; ") || null',
        replace: 'unread: unread.length < 0 ? "" : null',
      },
    ],
  },
  {
    name: "one-service-per-region",
    breaks: "A second image service of a region is not asked",
    withinSeeds: 150,
    only: "zones",
    rules: NOTHING_LEFT,
    edits: [
      {
        file: COPIES,
        find: "const catalog = await ctx.cloud.everyImageService();",
        replace:
          "const all = await ctx.cloud.everyImageService();\n  const catalog = all.filter(({ region }, n) => all.findIndex((s) => s.region === region) === n);",
      },
    ],
  },
  {
    name: "late-reason-left-alone",
    breaks:
      "A reason that appears after the promotion is noticed, and the faulty image stays current",
    withinSeeds: 120,
    only: "late reasons",
    rules: ["no image with a reason stays current"],
    edits: [
      {
        file: "shared/protocol/check-current.ts",
        find: "is === null ? after : await goBack(ctx, after, current)",
        replace: "is === null || goBack.length === 0 ? after : after",
      },
    ],
  },
  {
    name: "late-reason-not-read",
    breaks:
      "The current image is checked for its status alone, not for a reason of failed synchronisation",
    withinSeeds: 400,
    only: "late reasons",
    rules: ["no image with a reason stays current"],
    edits: [
      {
        file: "shared/protocol/check-current.ts",
        find: "const seen = seenOf(image, verdicts);",
        replace: "const seen = seenOf(image, verdicts.slice(verdicts.length));",
      },
    ],
  },
  {
    name: "new-run-at-each-check",
    breaks: "Each check after going back starts another run",
    withinSeeds: 120,
    only: "late reasons",
    rules: ["one new run is started for a faulty image"],
    edits: [
      {
        file: "shared/protocol/go-back.ts",
        find: "id: `check ${left.id}` }",
        replace: "id: `check ${left.id} ${deps.now()}` }",
      },
    ],
  },
];
