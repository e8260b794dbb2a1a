import type { PlantedBug } from "../bug.ts";

const LOOK_AT_RUN = "shared/protocol/look-at-run.ts";
const SAVE_INTENT =
  "  await turn.save({ intent, creationNames }, settlesAtMs(intent, deps.timing));\n";
const CALL = "    made = await send(intent);\n";

/** Announce, then create, at most once per try. */
export const CREATES: PlantedBug[] = [
  {
    name: "no-intent",
    breaks: "Creates and stops are sent without having been announced in the record",
    withinSeeds: 10,
    edits: [
      {
        file: LOOK_AT_RUN,
        find: SAVE_INTENT,
        replace: "",
      },
    ],
  },
  {
    name: "intent-after-call",
    breaks: "The record says what was asked of the cloud after it was asked",
    withinSeeds: 10,
    edits: [
      { file: LOOK_AT_RUN, find: SAVE_INTENT, replace: "" },
      { file: LOOK_AT_RUN, find: CALL, replace: `${CALL}  ${SAVE_INTENT}` },
    ],
  },
  {
    name: "no-answer-taken-for-no",
    breaks: "A create that nobody answered is taken for one that was not done",
    withinSeeds: 30,
    edits: [
      {
        file: "shared/openstack/classify.ts",
        find: 'const harmless = effect === "read" || !failure.sent;',
        replace: "const harmless = true || effect || failure;",
      },
    ],
  },
  {
    name: "name-without-try",
    breaks: "All tries of a run create under one name, so that one takes what another has made",
    withinSeeds: 30,
    edits: [
      {
        file: LOOK_AT_RUN,
        find: "name: program.creationName(run, kind, id),",
        replace: "name: program.creationName(run, kind, run.id.slice(-6)),",
      },
    ],
  },
  {
    name: "name-without-run",
    breaks:
      "All runs of a recipe create under one name, so that one takes another's image for its own",
    withinSeeds: 20,
    edits: [
      {
        file: LOOK_AT_RUN,
        find: "name: program.creationName(run, kind, id),",
        replace: 'name: program.creationName(run, kind, "000000"),',
      },
    ],
  },
  {
    name: "late-tries-forgotten",
    breaks: "Creates that were given up are not looked for any more",
    withinSeeds: 120,
    beyondBounds: true,
    edits: [
      {
        file: "shared/run/ledger-entries.ts",
        find: "const unanswered = [...run.lostTries, ...(run.intent === null ? [] : [run.intent])];",
        replace: "const unanswered: Intent[] = [];",
      },
      {
        file: LOOK_AT_RUN,
        find: "if (error instanceof Overtaken) await undoLateAnswer(turn, intent, made);",
        replace: "",
      },
    ],
  },
];
