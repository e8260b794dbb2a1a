import type { PlantedBug } from "../bug.ts";

const RESOURCE_REMOVAL = "shared/image/resource-removal.ts";
const REMOVAL = "shared/image/removal-plan.ts";

/** What may be deleted, and when it is gone. */
export const DELETES: PlantedBug[] = [
  {
    name: "delete-believed-on-202",
    breaks: "A snapshot is taken for gone when its deletion was accepted",
    withinSeeds: 10,
    rules: [
      "what the inventory calls gone is gone",
      "the inventory forgets nothing that is not gone",
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: RESOURCE_REMOVAL,
        find: "      if (await deleteResource(ctx, resource))\n",
        replace: `      await deleteResource(ctx, resource);
      await ctx.changeRecipeState((recipeState) => resourceGone(recipeState, resource.kind, resource.id));
`,
      },
    ],
  },
  {
    name: "absent-taken-for-404",
    breaks: "An image that a list leaves out, as it does hidden ones, is taken for deleted",
    withinSeeds: 50,
    rules: ["what the inventory calls gone is gone", "no image is left that is not kept"],
    edits: [
      {
        file: "shared/openstack/images.ts",
        find: "    const path = `/images/${segment(id)}`;\n    const answer = await orNull(",
        replace: `    const listed = await this.#list({ id: \`in:\${id}\` }, imagePage);
    if (listed.length === 0) return null;
    const path = \`/images/\${segment(id)}\`;
    const answer = await orNull(`,
      },
    ],
  },
  {
    name: "hidden-images-ignored",
    breaks: "Hidden images are not asked which snapshots they name",
    withinSeeds: 500,
    rules: ["no snapshot is deleted that an image names"],
    edits: [
      {
        file: "shared/openstack/images.ts",
        find: 'await this.#list({ ...wanted, os_hidden: "true" }, schema, pageRead)',
        replace: "[] as T[]",
      },
    ],
  },
  {
    name: "failed-page-ignored",
    breaks: "A page of the image list that fails is taken for an empty one",
    withinSeeds: 200,
    rules: [
      "no snapshot is deleted that an image names",
      "no snapshot is deleted that a volume hangs on",
    ],
    edits: [
      {
        file: "shared/openstack/pages.ts",
        find: "throw isMarker && isGone ? changedUnderUs(call.operation, error) : error;",
        replace: `if (isMarker && isGone) throw changedUnderUs(call.operation, error);
    return { answer: { length: 0 } as Answer, page: { items: [], next: null } };`,
      },
    ],
  },
  {
    name: "named-snapshot-deleted",
    breaks: "Nobody asks whether an image still names a snapshot that is to go",
    withinSeeds: 450,
    rules: ["no snapshot is deleted that an image names"],
    edits: [
      {
        file: RESOURCE_REMOVAL,
        find: "  const images = seen.namedBy.get(id) ?? [];\n",
        replace: "  const images: string[] = [];\n",
      },
    ],
  },
  {
    name: "cooling-off-ignored",
    breaks: "An image is deleted as soon as it is beyond keep",
    withinSeeds: 80,
    rules: ["nothing goes before its cooling-off is over"],
    edits: [
      {
        file: "shared/image/retention.ts",
        find: "const leftMs = leftAtMs(image) + rules.coolingOffMs;",
        replace: "const leftMs = leftAtMs(image);",
      },
    ],
  },
  {
    name: "404-believed-at-once",
    breaks:
      "An image is taken for gone at its first 404, not when it is missed again some time later",
    withinSeeds: 200,
    rules: [
      "within bounds, no image is given up that is there and well",
      "what the inventory calls gone is gone",
    ],
    edits: [
      {
        file: "shared/image/absence.ts",
        find: "export const GONE_AFTER_MS = 30_000;",
        replace: "export const GONE_AFTER_MS = 0;",
      },
    ],
  },
  {
    name: "inherited-ownership",
    breaks: "An image is ours if its properties name our recipe, though they may be inherited",
    withinSeeds: 800,
    rules: ["only what this program has made is deleted"],
    edits: [
      {
        file: "shared/image/orphans.ts",
        find: "  const names = creationNames.map((name) => `snapshot for ${name}`);\n",
        replace: `  for (const { id } of await ctx.cloud.images.everyImage()) {
    const image = await ctx.cloud.images.image(id);
    if (image === null) continue;
    const { regild_recipe: recipe = "", regild_owner: owner = "" } = image.properties;
    if (recipe !== recipeState.recipeName || recipeState.images.some((i) => i.id === image.id)) continue;
    const [, run = "", attemptId = ""] = owner.split("/");
    const where = recipeState.images[0]?.where;
    if (where === undefined) continue;
    const created = { id: image.id, name: image.name, run, attemptId, where, sizeBytes: null };
    await ctx.changeRecipeState((h) => register(h, newCandidate(created, ctx.now())));
    await ctx.changeRecipeState((h) => markForDeletion(h, image.id, "of a run that has ended", ctx.now()));
  }
  const names = creationNames.map((name) => \`snapshot for \${name}\`);
`,
      },
      {
        file: "shared/image/orphans.ts",
        find: 'import type { Ctx } from "../context.ts";\n',
        replace: `import type { Ctx } from "../context.ts";
import { markForDeletion, newCandidate, register } from "./inventory.ts";
`,
      },
    ],
  },
  {
    name: "deleted-before-shown",
    breaks: "The image before is deleted though the cloud has not been shown the new one",
    only: "one kept",
    withinSeeds: 340,
    rules: ["the clouds always show a current image"],
    edits: [
      {
        file: REMOVAL,
        find: "if (!isShown(recipeState))",
        replace: "if (isShown === null)",
      },
      {
        file: REMOVAL,
        find: "else if (isToBeHidden(recipeState, image))",
        replace: "else if (isToBeHidden === null)",
      },
      {
        file: "shared/image/removal.ts",
        find: "    isShown(recipeState) &&\n",
        replace: "    isShown !== null &&\n",
      },
    ],
  },
  {
    name: "keep-off-by-one",
    breaks: "One image fewer than `keep` is left",
    withinSeeds: 60,
    rules: ["as many active images stay as are to be kept"],
    edits: [
      {
        file: "shared/image/retention.ts",
        find: ".slice(Math.max(0, keep - 1))",
        replace: ".slice(Math.max(0, keep - 2))",
      },
      { file: REMOVAL, find: "activeNow <= rules.keep", replace: "activeNow < rules.keep" },
    ],
  },
];
