import { describe, expect, it } from "vitest";
import { runKey } from "../../../shared/run/run-id.ts";
import {
  HOUR,
  intent,
  inventoryImage,
  MINUTE,
  NOW,
  resource,
  recipe,
  run,
} from "../../unit/builders.ts";
import { History, told } from "./history.ts";

const OTHER = "web-20261123-100000-aaaaaa";
const REQUEST = { key: runKey(run().id), version: 1 };

/** Each rule, and the shortest history in the store that breaks it and no other. */
const HISTORIES: Array<[rule: string, tell: (history: History) => void]> = [
  [
    "every intent is in the timeline",
    (s) => {
      s.run();
      s.run({ intent: intent() });
    },
  ],
  [
    "a queued start is never lost",
    (s) => {
      s.run({ seq: 0, queuedAtMs: s.nowMs });
      s.recipeState({ activeRun: null, queuedRuns: [{ id: run().id, startedAtMs: NOW }] });
      s.recipeState();
    },
  ],
  [
    "queued starts follow in their order",
    (s) => {
      s.run({ seq: 0, queuedAtMs: s.nowMs });
      s.recipeState({ activeRun: null, queuedRuns: [{ id: run().id, startedAtMs: NOW }] });
      s.recipeState({ activeRun: OTHER, queuedRuns: [{ id: run().id, startedAtMs: NOW }] });
    },
  ],
  [
    "the inventory's images move as the table allows",
    (s) => {
      s.recipeState({ images: [inventoryImage({ id: "a", state: "deleting" })] });
      s.recipeState({ images: [inventoryImage({ id: "a", state: "candidate" })] });
    },
  ],
  [
    "the inventory's resources move as the table allows",
    (s) => {
      s.recipeState({ resources: [resource({ id: "a" })] });
      s.recipeState({ resources: [resource({ id: "a", state: "kept" })] });
    },
  ],
  [
    "the inventory forgets nothing that is not gone",
    (s) => {
      const { id } = s.cloud.operator.addImage({ name: "old" });
      s.checker.effect();
      s.recipeState({ images: [inventoryImage({ id })] });
      s.recipeState();
    },
  ],
  [
    "what the inventory calls gone is gone",
    (s) => {
      const { id } = s.cloud.operator.addImage({ name: "old" });
      s.checker.effect();
      s.recipeState({ images: [inventoryImage({ id, state: "deleting" })] });
      s.recipeState({ images: [inventoryImage({ id, state: "gone" })] });
    },
  ],
  [
    "an unanswered create is looked for until its time is over",
    (s) => givesUpAfter(s, 24 * HOUR - 1),
  ],
  ["the pointer names the current one", (s) => s.recipeState({ current: "nobody" })],
  [
    "nothing is taken from a run that has not ended",
    (s) => {
      s.run();
      s.run({ id: OTHER, trigger: { kind: "command", by: "anna", id: "t2" } });
      s.recipeState({ activeRun: run().id });
      s.recipeState({ activeRun: OTHER });
    },
  ],
  [
    "a run locks every disk it takes",
    (s) => {
      s.run();
      s.run({ locked: true });
    },
  ],
  [
    "within bounds, an ended run holds nothing",
    (s) => {
      s.source({ owner: run().id });
      s.run();
      s.run({ outcome: "failed" });
    },
  ],
  [
    "a run's record is closed at its end",
    (s) => {
      s.run({ outcome: "failed" });
      s.run({ outcome: "failed", transientFailures: 1 });
    },
  ],
  [
    "a run stays what it was started as",
    (s) => {
      s.run();
      s.run({ recipe: recipe({ keep: 9 }) });
    },
  ],
  [
    "a run's deadline stands from its locks on",
    (s) => {
      s.source({ owner: run().id });
      s.run({ locked: true });
      s.run({ locked: true, deadlineAtMs: NOW + 99 * HOUR });
    },
  ],
  [
    "from its promotion on a run only goes forward",
    (s) => {
      s.run({ promoted: true, step: "retire-images" });
      s.run({ promoted: true, step: "abandon" });
    },
  ],
  [
    "a run's outcome says what became of its image",
    (s) => {
      s.run();
      s.run({ outcome: "succeeded" });
    },
  ],
  [
    "within bounds, while an intent is open nobody but its writer commits",
    (s) => {
      s.by("w1", "R#web run v1 #1");
      s.run();
      s.run({ intent: intent(), timeline: [told("intent", "createImage")] });
      s.by("w2", "R#web run v2 #1");
      s.run({ timeline: [told("intent", "createImage")] });
    },
  ],
  [
    "no run fails for a message of its past",
    (s) => {
      s.run();
      s.run();
      s.by("w1", "R#web run#20261123-093012-k3f9q2 v1 #1");
      const { failure } = failed("internal-error");
      s.run({ failure, step: "abandon" });
    },
  ],
  [
    "a timeline keeps what was told, in its order",
    (s) => {
      s.run({ timeline: [told("step", "one"), told("step", "two")] });
      s.run({ timeline: [told("step", "two"), told("step", "three")] });
    },
  ],
  [
    "a trigger starts one run",
    (s) => {
      s.run();
      s.run({ id: OTHER });
    },
  ],
  [
    "pending work has a due time",
    (s) => s.recipeState({ resources: [resource({ id: "a" })] }, null),
  ],
  [
    "every run is ended by the first sweep after deadline and grace",
    (s) => {
      s.run();
      s.wait(7 * HOUR);
      s.checker.swept();
    },
  ],
  [
    "a run gives up at its deadline",
    (s) => {
      s.run();
      s.wait(7 * HOUR);
      s.options.faults.happened.push(...Array.from({ length: 20 }, () => ({ place: "sweep" })));
      s.run({ transientFailures: 1 });
    },
  ],
  [
    "every run ends",
    (s) => {
      s.run();
      s.checker.end();
    },
  ],
  [
    "no lock outlives its run",
    (s) => {
      s.source({ owner: "web-20261122-093012-aaaaaa" });
      s.checker.end();
    },
  ],
  ["no message is sent before the record it speaks of", (s) => s.checker.sent("abandon", REQUEST)],
  [
    "a message is sent by who wrote what it speaks of",
    (s) => {
      s.by("w1", "start t1 #1");
      s.run();
      s.by("w2", "R#web run#20261123-093012-k3f9q2 v7 #1");
      s.checker.sent("abandon", REQUEST);
    },
  ],
  [
    "the sweep puts an item off before it sends it",
    (s) => {
      s.run();
      s.by("w2", "sweep #1");
      s.checker.sent("abandon", REQUEST);
    },
  ],
  [
    "no chain of messages lives for ever",
    (s) => {
      s.run();
      for (let n = 0; n < 20; n++) {
        s.checker.sent("abandon", REQUEST);
        s.queues.send("abandon", REQUEST, NOW);
      }
    },
  ],
  [
    "no secret in a record, message or line",
    (s) => {
      s.logs.push("signed in with demo-secret");
      s.checker.end();
    },
  ],
  [
    "no secret in a record, message or line",
    (s) => s.run({ timeline: [told("answer", "refused: gAAAAA0123")] }),
  ],
  [
    "transient failures is a wait, and nothing else throws",
    (s) => {
      s.thrown.push({ actor: "R#web run v1 #1", error: new Error("compute did not answer") });
      s.checker.end();
    },
  ],
  [
    "everything comes to rest",
    (s) => {
      s.isRestless = true;
      s.checker.end();
    },
  ],
];

/** An unanswered create, so long after its run's end. */
function givesUpAfter(s: History, ms: number): void {
  const { where } = inventoryImage({ id: "x" });
  const times = { atMs: NOW, nextCheckAtMs: NOW, untilMs: NOW };
  const late = {
    kind: "create-image",
    run: run().id,
    attemptId: "t",
    name: "n",
    imageId: null,
    testOf: null,
    backup: null,
    where,
    ...times,
  } as const;
  s.recipeState({ lateAttempts: [late] });
  s.run();
  s.run({ outcome: "failed" });
  s.wait(ms);
  s.recipeState();
}

function failed(code: string) {
  const failure = { code, message: "m", remedy: "r", step: "create-image", atMs: NOW } as const;
  return { failure: { ...failure, evidence: [] } };
}

describe("a history in the store that must not be", () => {
  it.each(HISTORIES)("breaks the rule: %s", (rule, tell) => {
    const history = new History();
    tell(history);
    expect(history.broken).toEqual([rule]);
  });

  it("is one in both modes where it breaks a promise, and not beyond the bounds where it is a worker's sleep", () => {
    const beyond = new History({ strict: false });
    beyond.run({ outcome: "failed" });
    beyond.source({ owner: run().id });
    expect(beyond.broken).toEqual([]);
    beyond.checker.end();
    expect(beyond.broken).toEqual(["no lock outlives its run"]);
  });

  it("is none when an unanswered create is given up a day after its run's end", () => {
    const history = new History();
    givesUpAfter(history, 24 * HOUR);
    expect(history.broken).toEqual([]);
  });

  it("is none while a worker's faults are made good", () => {
    const history = new History();
    history.run();
    for (let n = 0; n < 8; n++) history.options.faults.happened.push({ place: "sweep #1 2" });
    history.wait(6 * HOUR + 60 * MINUTE);
    history.checker.swept();
    expect(history.broken).toEqual([]);
  });
});
