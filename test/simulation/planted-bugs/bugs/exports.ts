import type { PlantedBug } from "../bug.ts";

/** IMS exports the image to OBS, and each file is written once. */
export const EXPORTS: PlantedBug[] = [
  {
    name: "another-file-each-time",
    breaks: "An export that is asked for again is given a new file name",
    withinSeeds: 60,
    rules: ["an image is exported once"],
    only: "exports",
    edits: [
      {
        file: "shared/steps/export-image.ts",
        find: "    return async () => {\n",
        replace: "    return async (intent) => {\n      file.name = `${intent.id}.qcow2`;\n",
      },
    ],
  },
  {
    name: "existing-file-is-no",
    breaks: "An export whose file an earlier call has made is taken for one that was refused",
    withinSeeds: 60,
    rules: ["no export fails because its file is there already"],
    only: "exports",
    edits: [
      {
        file: "shared/steps/export-image.ts",
        find: 'if (error.code === "file-exists" && state.isUnsure)',
        replace: 'if (error.code === "file-exists" && state.isUnsure === null)',
      },
    ],
  },
  {
    name: "failed-export-untold",
    breaks: "A run ends without a word about its image that was not exported",
    withinSeeds: 30,
    rules: ["a run says that its image is not exported"],
    only: "exports",
    edits: [
      {
        file: "shared/protocol/end.ts",
        find: "if (notExported !== null) leftovers.push(notExported);",
        replace: "",
      },
    ],
  },
];
