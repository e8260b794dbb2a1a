import type { PlantedBug } from "../bug.ts";

/** An ended run has no left-over that is not written down and worked off. */
export const LEFTOVERS: PlantedBug[] = [
  {
    name: "server-not-started-again",
    breaks: "Nobody starts a server that was stopped, and its wish is taken for fulfilled",
    withinSeeds: 20,
    rules: [
      "a server that we stopped is to be started until it runs",
      "servers run as they were found",
    ],
    edits: [
      {
        file: "shared/source/restore.ts",
        find: 'if (server.status === "SHUTOFF") return { kind: "start", serverId };',
        replace:
          'if (server.status === "SHUTOFF") return { kind: "clear", serverId, deleted: false, wishedAtMs };',
      },
    ],
  },
  {
    name: "stop-without-wish",
    breaks: "Nobody writes down that a server is to run again before it is stopped",
    withinSeeds: 30,
    rules: [
      "no server is stopped before the wish to have it run again is stored",
      "a server that we stopped is to be started until it runs",
      "servers run as they were found",
    ],
    edits: [
      {
        file: "shared/steps/stop-servers.ts",
        find: '  const isWished = item?.wishedPower === "ACTIVE" &&',
        replace: '  const isWished = item?.owner !== "" ||',
      },
    ],
  },
  {
    name: "lock-kept",
    breaks: "A run ends without letting go of its source",
    withinSeeds: 10,
    rules: ["within bounds, an ended run holds nothing", "no lock outlives its run"],
    edits: [
      {
        file: "shared/protocol/end.ts",
        find: "for (const id of run.source?.lockIds ?? []) {",
        replace: "for (const id of run.source?.lockIds.slice(1) ?? []) {",
      },
    ],
  },
  {
    name: "ended-before-released",
    breaks:
      "The record is closed before the sources are released and the recipe state is handed on",
    withinSeeds: 10,
    rules: ["within bounds, an ended run holds nothing", "a run's record is closed at its end"],
    edits: [
      {
        file: "shared/protocol/end.ts",
        find: "  const leftovers: string[] = [];\n",
        replace: `  const leftovers: string[] = [];
  await session.save({ outcome: outcomeOf(run, await ctx.recipeState()), endedAtMs: now });
`,
      },
    ],
  },
  {
    name: "deadline-ignored",
    breaks: "A run waits for its upload beyond its deadline",
    withinSeeds: 150,
    rules: [
      "a run gives up at its deadline",
      "every run is ended by the first sweep after deadline and grace",
      "every run ends",
    ],
    edits: [
      {
        file: "shared/protocol/reconcile-run.ts",
        find: "  if (!late) return null;\n",
        replace: "  if (!late || late) return null;\n",
      },
    ],
  },
  {
    name: "temporary-volume-forgotten",
    breaks: "The temporary volume of a capture is not written into the inventory",
    withinSeeds: 20,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: "shared/run/created-by-run.ts",
        find: "...(volume === null ? [] : [newResource",
        replace: "...(volume === null || volume.id !== null ? [] : [newResource",
      },
    ],
  },
  {
    name: "orphans-forgotten",
    breaks: "Nobody looks for snapshots of a createImage that failed half-way",
    withinSeeds: 150,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: "shared/image/orphans.ts",
        find: "  return snapshots\n    .filter(",
        replace: "  return snapshots\n    .slice(snapshots.length)\n    .filter(",
      },
    ],
  },
  {
    name: "snapshots-forgotten",
    breaks: "The snapshots that an image names are not written down before it goes",
    withinSeeds: 300,
    rules: [
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    edits: [
      {
        file: "shared/run/created-by-run.ts",
        find: "return snapshotIds.map((id) => newResource",
        replace: "return snapshotIds.slice(snapshotIds.length).map((id) => newResource",
      },
      {
        file: "shared/image/removal-plan.ts",
        find: 'if (snapshotIds.length > 0) plan.ops.push({ kind: "note-snapshots", id, snapshotIds });\n',
        replace: "",
      },
    ],
  },
  {
    name: "candidate-left",
    breaks: "The image of a run that failed stays a candidate for ever",
    withinSeeds: 20,
    rules: ["no image is left that is not kept"],
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: '(state === "deleting" || state === "gone") &&',
        replace: 'state !== "retired" &&',
      },
      {
        file: "shared/protocol/end.ts",
        find: "    apply(markForDeletion(next, run.candidate.id, `its run ended ${outcome}`, nowMs));\n",
        replace: "",
      },
      {
        file: "shared/image/strays.ts",
        find: 'const candidates = recipeState.images.filter((i) => i.state === "candidate");',
        replace: "const candidates: InventoryImage[] = [];",
      },
    ],
  },
  {
    name: "active-believed",
    breaks: "`active` alone is taken for usable, whatever the snapshots of the image are",
    withinSeeds: 450,
    rules: ["what becomes current is usable"],
    edits: [
      {
        file: "shared/steps/check-status.ts",
        find: "  for (const [id, snapshot] of snapshots) {\n",
        replace: "  for (const [id, snapshot] of snapshots.size > 0 ? [] : snapshots) {\n",
      },
    ],
  },
];
