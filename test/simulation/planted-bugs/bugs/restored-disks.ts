import type { PlantedBug } from "../bug.ts";

/** A disk is saved before its guest prepares it, and put back after its image. */
export const RESTORED_DISK_BUGS: PlantedBug[] = [
  {
    name: "disk-saved-live",
    breaks: "The disk is saved while its server runs",
    withinSeeds: 9,
    only: "restored",
    rules: ["a disk is saved while its server is off"],
    edits: [
      {
        file: "shared/steps/prepare-source.ts",
        find: "run.savedDisk === null ? decideStops(stoppedForSnapshot(run), servers, nowMs) : null",
        replace:
          "run.savedDisk === null && nowMs < 0 ? decideStops(stoppedForSnapshot(run), servers, nowMs) : null",
      },
    ],
  },
  {
    name: "disk-not-kept",
    breaks: "That the guest may have written to the disk is not noted before its server starts",
    withinSeeds: 9,
    only: "restored",
    rules: [
      "the source's disks are as they were",
      "a server is started with its disk as it was",
      "a run says which disk is not as it was",
      "no snapshot is deleted that a disk is put back to",
    ],
    edits: [
      {
        file: "shared/source/saved-disk.ts",
        find: 'return stage === "kept" || stage === "ready";',
        replace: 'return stage === "kept";',
      },
    ],
  },
  {
    name: "started-before-put-back",
    breaks: "A run that fails starts the server before its disk is put back",
    withinSeeds: 15,
    only: "restored",
    rules: [
      "a server is started with its disk as it was",
      "no disk is taken from a server that runs",
    ],
    edits: [
      {
        file: "shared/steps/abandon.ts",
        find: 'const isDiskBack = seen.disk === null || seen.disk.next.kind === "done";',
        replace: "const isDiskBack = true;",
      },
      {
        file: "shared/steps/abandon.ts",
        find: "if (putsBack !== null && run.transientFailures === 0) return",
        replace:
          'if (putsBack !== null && restoring.kind !== "start" && run.transientFailures === 0) return',
      },
    ],
  },
  {
    name: "disk-forgotten-after-run",
    breaks: "A disk that the run could not put back stays as the guest left it",
    withinSeeds: 180,
    only: "restored",
    rules: [
      "the source's disks are as they were",
      "a server is started with its disk as it was",
      "pending work has a due time",
    ],
    edits: [
      {
        file: "shared/protocol/reconcile-source.ts",
        find: 'if (seen === null || seen.next.kind === "done") return { isBack: true, gapMs: 0 };',
        replace: "if (step === 0) return { isBack: true, gapMs: 0 };",
      },
    ],
  },
  {
    name: "not-attached-again",
    breaks: "The disk counts as put back once it is reverted",
    withinSeeds: 15,
    only: "restored",
    rules: [
      "the source's disks are as they were",
      "a server is started with its disk as it was",
      "a run says which disk is not as it was",
    ],
    edits: [
      {
        file: "shared/source/saved-disk.ts",
        find: 'return isReady ? { kind: "call", call: "attach", text: `attaches ${disk} to ${server.name} again` } : { kind: "wait", text: stateOf(server) };',
        replace:
          'return isReady ? { kind: "clear", text: `attaches ${disk} to ${server.name} again` } : { kind: "wait", text: stateOf(server) };',
      },
    ],
  },
];
