import type { PlantedBug } from "../bug.ts";

/** An ended run has no left-over that is not written down and worked off. */
export const LEFTOVERS: PlantedBug[] = [
  {
    name: "stop-not-owed",
    breaks: "Nobody writes down that a server is to run again before it is stopped",
    withinSeeds: 10,
    edits: [
      {
        file: "shared/steps/prepare-source.ts",
        find: 'if (item?.wishedPower !== "ACTIVE")',
        replace: 'if (item?.owner === "")',
      },
    ],
  },
  {
    name: "lock-kept",
    breaks: "A run ends without letting go of its source",
    withinSeeds: 10,
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
    breaks: "The record is closed before the sources are released and the head is handed on",
    withinSeeds: 10,
    edits: [
      {
        file: "shared/protocol/end.ts",
        find: "  const leftovers: string[] = [];\n",
        replace: `  const leftovers: string[] = [];
  await turn.save({ outcome: outcomeOf(run, await ctx.head()), endedAtMs: now });
`,
      },
    ],
  },
  {
    name: "temporary-volume-forgotten",
    breaks: "The temporary volume of a capture is not written into the ledger",
    withinSeeds: 20,
    edits: [
      {
        file: "shared/run/ledger-entries.ts",
        find: '    ...(run.volume === null ? [] : [part("volume", run.volume.id)]),\n',
        replace: "",
      },
    ],
  },
];
