import type { PlantedBug } from "../bug.ts";

const PART_REMOVAL = "shared/image/part-removal.ts";
const REMOVAL = "shared/image/removal.ts";

/** What may be deleted, and when it is gone. */
export const DELETES: PlantedBug[] = [
  {
    name: "delete-believed-on-202",
    breaks: "A snapshot is taken for gone when its deletion was accepted",
    withinSeeds: 20,
    edits: [
      {
        file: PART_REMOVAL,
        find: "      else await ctx.cloud.volumes.deleteSnapshot(part.id);\n",
        replace: `      else await ctx.cloud.volumes.deleteSnapshot(part.id);
      await ctx.changeHead((head) => partGone(head, part.kind, part.id));
`,
      },
    ],
  },
  {
    name: "absent-taken-for-404",
    breaks: "An image that a list leaves out, as it does hidden ones, is taken for deleted",
    withinSeeds: 20,
    edits: [
      {
        file: "shared/openstack/images.ts",
        find: "    const path = `/images/${segment(id)}`;\n    const answer = await orNull(",
        replace: `    const listed = await this.#list({ id: \`in:\${id}\` });
    if (listed.length === 0) return null;
    const path = \`/images/\${segment(id)}\`;
    const answer = await orNull(`,
      },
    ],
  },
  {
    name: "cooling-off-ignored",
    breaks: "An image is deleted as soon as it is beyond keep",
    withinSeeds: 20,
    edits: [
      {
        file: REMOVAL,
        find: "(i) => (i.retiredAtMs ?? nowMs) + rules.coolingOffMs <= nowMs,",
        replace: "(i) => (i.retiredAtMs ?? nowMs) <= nowMs,",
      },
    ],
  },
  {
    name: "keep-off-by-one",
    breaks: "One image fewer than `keep` is left",
    withinSeeds: 60,
    edits: [
      {
        file: "shared/image/ledger.ts",
        find: ".slice(Math.max(0, keep - 1));",
        replace: ".slice(Math.max(0, keep - 2));",
      },
      { file: REMOVAL, find: "activeNow <= rules.keep", replace: "activeNow < rules.keep" },
    ],
  },
];
