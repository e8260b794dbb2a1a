import type { PlantedBug } from "../bug.ts";

/** Images that are not made because none is needed. */
export const LESS_WORK: PlantedBug[] = [
  {
    name: "fresh-not-asked",
    breaks: "A start makes an image though the current one is younger than fresh_within",
    only: "less work",
    withinSeeds: 30,
    rules: ["a fresh image is not made again"],
    edits: [
      {
        file: "shared/steps/less-work.ts",
        find: "freshWithinMs !== null && ageMs < freshWithinMs",
        replace: "freshWithinMs !== null && ageMs < 60_000",
      },
    ],
  },
  {
    name: "volume-time-not-compared",
    breaks: "skip_unchanged does not compare when Cinder last changed the volume",
    only: "less work",
    withinSeeds: 60,
    rules: ["a start makes no image only where none is needed"],
    edits: [
      {
        file: "shared/source/unchanged.ts",
        find: "if (before !== updatedAt)",
        replace: "if (before === updatedAt && id === null)",
      },
    ],
  },
  {
    name: "room-not-counted",
    breaks: "A run takes a place for its upload though another run has the last one",
    only: "room",
    withinSeeds: 40,
    rules: ["no more runs upload at a time than max_parallel"],
    edits: [
      {
        file: "shared/protocol/room.ts",
        find: "if (seen.uploading + seen.before < most) {",
        replace: "if (seen.uploading + seen.before <= most) {",
      },
      {
        file: "shared/run/uploads.ts",
        find: "if (uploading.length + before >= most) return null;",
        replace: "if (uploading.length + before > most) return null;",
      },
    ],
  },
];
