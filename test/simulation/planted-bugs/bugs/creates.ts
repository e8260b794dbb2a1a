import type { PlantedBug } from "../bug.ts";

const CREATE = "shared/protocol/create.ts";
const SAVE_INTENT =
  "  await session.save({ intent, creationNames, unansweredAttempts }, sweepAtMs);\n";

/** Announce, then create, at most once per try. */
export const CREATES: PlantedBug[] = [
  {
    name: "no-intent",
    breaks: "Creates and stops are sent without having been announced in the record",
    withinSeeds: 10,
    rules: [
      "nothing is created that was not announced",
      "no server is stopped unannounced",
      "within bounds, what is sent belongs to an open intent",
    ],
    edits: [
      {
        file: CREATE,
        find: SAVE_INTENT,
        replace: "",
      },
    ],
  },
  {
    name: "intent-after-call",
    breaks: "The record says what was asked of the cloud after it was asked",
    withinSeeds: 10,
    rules: [
      "nothing is created that was not announced",
      "no server is stopped unannounced",
      "within bounds, what is sent belongs to an open intent",
    ],
    edits: [
      {
        file: CREATE,
        find: `${SAVE_INTENT}  if (!intent.isRepeatable && !maySend(intent, deps.now(), deps.timing)) return "over";
  try {
    return await accepted(session, intent, await send(intent));`,
        replace: `  try {
    const created = await send(intent);
  ${SAVE_INTENT}
    return await accepted(session, intent, created);`,
      },
    ],
  },
  {
    name: "create-repeated-below",
    breaks: "The HTTP layer sends a create again when no answer came",
    withinSeeds: 350,
    rules: [
      "a create is sent once per intent",
      "a stop is sent once per intent",
      "within bounds, nothing is made twice",
    ],
    edits: [
      {
        file: "shared/openstack/exchange.ts",
        find: ' || request.effect !== "read"',
        replace: "",
      },
    ],
  },
  {
    name: "no-answer-taken-for-no",
    breaks: "A create that nobody answered is taken for one that was not done",
    withinSeeds: 30,
    rules: [
      "within bounds, nothing is made twice",
      "an ended run has no unrecorded left-over",
      "within bounds, nothing is unrecorded",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
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
    breaks: "All attempts of a run create under one name, so that one takes what another has made",
    withinSeeds: 10,
    rules: ["a create is sent once per intent", "within bounds, nothing is made twice"],
    edits: [
      {
        file: CREATE,
        find: "name: program.creationName(run, kind, id),",
        replace: "name: program.creationName(run, kind, run.id.slice(-6)),",
      },
    ],
  },
  {
    name: "name-without-run",
    breaks:
      "All runs of a recipe create under one name, so that one takes another's image for its own",
    withinSeeds: 10,
    rules: ["a create is sent once per intent", "within bounds, nothing is made twice"],
    edits: [
      {
        file: CREATE,
        find: "name: program.creationName(run, kind, id),",
        replace: 'name: program.creationName(run, kind, "000000"),',
      },
    ],
  },
  {
    name: "settled-too-soon",
    breaks: "Others take a create for given up while its call may still be under way",
    withinSeeds: 30,
    rules: [
      "within bounds, while an intent is open nobody but its writer commits",
      "within bounds, nothing is made twice",
    ],
    edits: [
      {
        file: "shared/run/intent.ts",
        find: "timing.windowMs + timing.callTimeoutMs + timing.skewMs",
        replace: "timing.windowMs",
      },
    ],
  },
  {
    name: "window-not-checked",
    breaks: "A create is sent however long ago it was announced",
    withinSeeds: 200,
    rules: [
      "within bounds, a create is called within its window",
      "within bounds, what is sent takes effect before its intent is settled",
    ],
    edits: [
      {
        file: "shared/run/intent.ts",
        find: "nowMs <= intent.atMs + timing.windowMs",
        replace: "nowMs <= intent.atMs + timing.windowMs * 1e6",
      },
    ],
  },
  {
    name: "skew-ignored",
    breaks: "Clocks of two workers are taken to show the same time",
    withinSeeds: 200,
    rules: ["within bounds, while an intent is open nobody but its writer commits"],
    edits: [
      {
        file: "shared/run/intent.ts",
        find: "timing.callTimeoutMs + timing.skewMs",
        replace: "timing.callTimeoutMs",
      },
    ],
  },
  {
    name: "late-creates-forgotten",
    breaks:
      "What a create makes after it was given up is neither looked for, nor undone by who sent it",
    withinSeeds: 150,
    rules: [
      "an ended run has no unrecorded left-over",
      "no image is left that is not kept",
      "no snapshot is left that is not kept",
      "no volume is left that is not kept",
    ],
    beyondBounds: true,
    edits: [
      {
        file: "shared/run/created-by-run.ts",
        find: "const unanswered = [...run.unansweredAttempts, ...(run.intent === null ? [] : [run.intent])];",
        replace: "const unanswered: Intent[] = [];",
      },
      {
        file: CREATE,
        find: "if (error instanceof Overtaken && !isKnown) await undoLateAnswer(session, intent, created);",
        replace: "",
      },
    ],
  },
  {
    name: "live-volume-uploaded",
    breaks:
      "A volume is uploaded while its server writes to it, though the recipe does not allow that",
    withinSeeds: 150,
    rules: ["no volume is uploaded while its server runs"],
    edits: [
      {
        file: "shared/steps/create-image.ts",
        find: 'if (live !== null) return { kind: "fail", ...live };',
        replace: "",
      },
    ],
  },
];
