import type { PlantedBug } from "../bug.ts";

/** Servers that starts name, and that go once their image is current. */
export const BUILDS: PlantedBug[] = [
  {
    name: "any-server-allowed",
    breaks: "A start may name any server: allow_source is not compared with the cloud's record",
    withinSeeds: 300,
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
    breaks: "The server of a build is deleted once the image is active, and not yet current",
    withinSeeds: 300,
    rules: ["no source server is deleted before its image is current"],
    edits: [
      {
        file: "shared/steps/promote-image.ts",
        find: "  if (late.length > 0)\n    return {",
        replace:
          '  if (run.recipe.afterPromote === "delete_server" && nowMs < run.stepSinceMs + 1)\n    return { kind: "act", act: { kind: "delete-server" }, text: "", thenWaitSeconds: 1 };\n  if (late.length > 0)\n    return {',
      },
      {
        file: "shared/steps/promote-image.ts",
        find: 'type Act = { kind: "mark-late" | "promote" | "project" };',
        replace: 'type Act = { kind: "mark-late" | "promote" | "project" | "delete-server" };',
      },
      {
        file: "shared/steps/promote-image.ts",
        find: '    case "project":\n      await project(ctx);',
        replace:
          '    case "delete-server":\n      await ctx.cloud.compute.deleteServer(run.source?.id ?? "");\n      return;\n    case "project":\n      await project(ctx);',
      },
    ],
  },
];
