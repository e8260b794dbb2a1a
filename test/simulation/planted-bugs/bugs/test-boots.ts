import type { PlantedBug } from "../bug.ts";

const STEP = "shared/steps/test-boot.ts";

/** Servers that show whether an image boots. */
export const TEST_BOOTS: PlantedBug[] = [
  {
    name: "active-is-taken-for-booted",
    breaks: "A test server that is ACTIVE passes, whatever its console prints",
    withinSeeds: 250,
    rules: ["what does not boot never becomes current"],
    edits: [
      {
        file: STEP,
        find: 'if (server.status === "ACTIVE" && isExpected && (wish === null || answeredAt !== null)) {',
        replace: 'if (server.status === "ACTIVE") {',
      },
      {
        file: STEP,
        find: "const rejected = console === null ? null : matchedLine(console, reject);",
        replace: "const rejected = console === null || reject !== null ? null : console;",
      },
    ],
  },
  {
    name: "line-is-taken-for-answer",
    breaks:
      "A test server that prints the expected line passes, though it does not answer its probe",
    withinSeeds: 400,
    rules: ["what does not boot never becomes current"],
    edits: [
      {
        file: STEP,
        find: 'if (server.status === "ACTIVE" && isExpected && (wish === null || answeredAt !== null)) {',
        replace: 'if (server.status === "ACTIVE" && isExpected) {',
      },
    ],
  },
  {
    name: "one-zone-will-do",
    breaks: "An image that has booted in one zone is not booted in the others",
    withinSeeds: 150,
    rules: ["what becomes current was booted in each zone"],
    edits: [
      {
        file: STEP,
        find: "if (tests.length >= zones.length)",
        replace: "if (tests.length >= Math.min(1, zones.length))",
      },
    ],
  },
  {
    name: "lost-test-server-not-found",
    breaks: "A test server whose create was not answered is not looked for",
    withinSeeds: 250,
    rules: [
      "no server of a test is left",
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "within bounds, nothing is made twice",
      "an unanswered create is looked for until its time is over",
    ],
    edits: [
      {
        file: "shared/image/created.ts",
        find: 'return server === undefined ? null : { kind: "server", id: server.id };',
        replace: "return server === undefined ? null : null;",
      },
    ],
  },
];
