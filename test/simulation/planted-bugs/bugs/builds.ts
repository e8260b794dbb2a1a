import type { PlantedBug } from "../bug.ts";

/** Servers that starts name, and that go once their image is current. */
export const BUILDS: PlantedBug[] = [
  {
    name: "any-server-allowed",
    breaks: "A start may name any server: allow_source is not compared with the cloud's record",
    withinSeeds: 120,
    rules: ["a server outside allow_source is never deleted or stopped"],
    edits: [
      {
        file: "shared/source/allowed.ts",
        find: "if (allowSource === null) return null;",
        replace: "if (allowSource !== undefined) return null;",
      },
    ],
  },
  {
    name: "server-deleted-early",
    breaks: "The server of a build is deleted right before its image becomes current",
    withinSeeds: 120,
    rules: ["no source server is deleted before its image is current"],
    edits: [
      {
        file: "shared/steps/promote-image.ts",
        find: '      if (image?.status !== "active") return;',
        replace: `      if (image?.status !== "active") return;
      if (run.recipe.afterPromote === "delete_server")
        await ctx.cloud.compute.deleteServer(run.source?.id ?? "");`,
      },
    ],
  },
];
