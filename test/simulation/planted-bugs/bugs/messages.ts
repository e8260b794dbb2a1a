import type { PlantedBug } from "../bug.ts";

/** Records, messages and the sweep. */
export const MESSAGES: PlantedBug[] = [
  {
    name: "no-version-condition",
    breaks: "A record is written over whatever stands there",
    withinSeeds: 10,
    rules: ["a timeline keeps what was told, in its order", "a run's record is closed at its end"],
    edits: [
      {
        file: "shared/protocol/actor.ts",
        find: "  const answer = await store.commit(write, over.version);\n",
        replace: `  const there = (await store.get(over.key))?.version ?? 0;
  const answer = await store.commit(write, there);
  if (answer === "won") return { ...over, version: there + 1, doc };
`,
      },
    ],
  },
  {
    name: "stale-sent-again",
    breaks: "A message that is older than its record is sent again at the record's version",
    withinSeeds: 10,
    rules: [
      "a message is sent by who wrote what it speaks of",
      "no chain of messages lives for ever",
    ],
    edits: [
      {
        file: "shared/protocol/reconcile.ts",
        find: "  if (item.version > request.version) return;\n",
        replace: `  if (item.version > request.version) {
    return deps.queue.send("prepare-source", { key: item.key, version: item.version }, 5);
  }
`,
      },
    ],
  },
  {
    name: "message-before-record",
    breaks: "The message for the next check is sent before the record it speaks of is written",
    withinSeeds: 10,
    rules: ["no message is sent before the record it speaks of"],
    edits: [
      {
        file: "shared/protocol/session.ts",
        find: `    await this.save({ ...set, reconcileAtMs }, reconcileAtMs + LOST_AFTER_MS);
    await this.hop(reconcileAtMs);
`,
        replace: `    const request = { key: this.actor.key, version: this.actor.version + 1 };
    const delay = Math.max(0, Math.ceil((reconcileAtMs - this.deps.now()) / 1000));
    await this.deps.queue.send(this.run.step, request, Math.min(delay, MAX_DELAY_SECONDS));
    await this.save({ ...set, reconcileAtMs }, reconcileAtMs + LOST_AFTER_MS);
`,
      },
    ],
  },
  {
    name: "no-sweep-after-loss",
    breaks: "A run that waits is not found again when its message was lost",
    withinSeeds: 90,
    rules: [
      "every run is ended by the first sweep after deadline and grace",
      "every run ends",
      "within bounds, an ended run holds nothing",
      "no lock outlives its run",
    ],
    edits: [
      {
        file: "shared/protocol/session.ts",
        find: "await this.save({ ...set, reconcileAtMs }, reconcileAtMs + LOST_AFTER_MS);",
        replace:
          "await this.save({ ...set, reconcileAtMs }, reconcileAtMs + 1000 * LOST_AFTER_MS);",
      },
    ],
  },
  {
    name: "sweep-feeds-backlog",
    breaks: "The sweep sends an item on without noting when it may do so again",
    withinSeeds: 10,
    rules: ["the sweep puts an item off before it sends it"],
    edits: [
      {
        file: "shared/protocol/sweep.ts",
        find: "      await store.mark(key, { sweepAtMs: deps.now() + RESEND_AFTER_MS });\n",
        replace: "",
      },
    ],
  },
  {
    name: "cancel-bumps-version",
    breaks: "A cancel makes a new version of the record, and the worker with the answer loses",
    withinSeeds: 400,
    rules: ["within bounds, while an intent is open nobody but its writer commits"],
    edits: [
      {
        file: "test/simulation/simulation.ts",
        find: "this.table.mark(runKey(runId), { cancelAtMs: this.nowMs, sweepAtMs: this.nowMs });",
        replace: `this.launch("cancel", "cancel", async ({ store }) => {
        const item = await store.get(runKey(runId));
        if (item !== null) await store.commit({ ...item, writeId: "cancel" }, item.version);
        await store.mark(runKey(runId), { cancelAtMs: this.nowMs, sweepAtMs: this.nowMs });
      });`,
      },
    ],
  },
  {
    name: "trigger-forgotten",
    breaks: "A trigger that comes again is not known any more, and starts another run",
    withinSeeds: 20,
    rules: ["a trigger starts one run"],
    edits: [
      {
        file: "shared/protocol/start.ts",
        find: "const known = await load(deps.store, key, triggerSchema);",
        replace: `const other = { ...key, sk: String(now) };
  const known = await load(deps.store, other, triggerSchema);`,
      },
      {
        file: "shared/protocol/start.ts",
        find: "const over = known ?? unborn(key, fresh);",
        replace: "const over = known ?? unborn(other, fresh);",
      },
    ],
  },
  {
    name: "transient failures-thrown",
    breaks: "A transient failure is thrown, and uses up the message's receives",
    withinSeeds: 10,
    rules: ["transient failures is a wait, and nothing else throws"],
    edits: [
      {
        file: "shared/protocol/setback.ts",
        find: "  const transientFailures = run.transientFailures + 1;\n",
        replace:
          "  if (!forward) throw error;\n  const transientFailures = run.transientFailures + 1;\n",
      },
    ],
  },
  {
    name: "password-in-evidence",
    breaks: "What was sent is kept as evidence, the sign-in with its password too",
    withinSeeds: 10,
    rules: ["no secret in a record, message or line"],
    edits: [
      {
        file: "shared/openstack/exchange.ts",
        find: "  const path = new URL(url).pathname;\n",
        replace: '  const path = `${new URL(url).pathname} ${request.body ?? ""}`;\n',
      },
    ],
  },
  {
    name: "own-hand-taken-for-another",
    breaks:
      "A writer that is refused by its own hand takes itself for overtaken, and undoes what it made",
    withinSeeds: 200,
    rules: ["within bounds, no image is given up that is there and well"],
    edits: [
      {
        file: "shared/protocol/actor.ts",
        find: "if (there?.writeId !== writeId) return null;",
        replace: "if (there?.writeId !== undefined) return null;",
      },
      {
        file: "shared/protocol/late-answer.ts",
        find: "  if (adopted) return;\n",
        replace: '  if (adopted && intent.kind === "stop-server") return;\n',
      },
    ],
  },
  {
    name: "dead-letter-of-the-past",
    breaks: "A dead letter fails its run although that has gone on without it",
    withinSeeds: 400,
    rules: ["no run fails for a message of its past"],
    edits: [
      {
        file: "shared/protocol/handle-dead-letter.ts",
        find: 'if (isOlder || outcome !== null) return only("gone_on");',
        replace: 'if (outcome !== null) return only("gone_on");',
      },
    ],
  },
  {
    name: "intent-not-told",
    breaks: "What was asked of the cloud is in the record, and not in the history",
    withinSeeds: 10,
    rules: ["every intent is in the timeline"],
    edits: [
      {
        file: "shared/protocol/create.ts",
        find: '  session.record("intent", text);\n',
        replace: "",
      },
    ],
  },
  {
    name: "history-without-proof",
    breaks: "A history keeps no request id of what succeeded",
    withinSeeds: 10,
    rules: ["what a run changed in the cloud is in its timeline"],
    edits: [
      {
        file: "shared/run/timeline.ts",
        find: 'return c.service === "identity" ? failed : failed || c.method !== "GET";',
        replace: "return failed;",
      },
    ],
  },
  {
    name: "history-cut-short",
    breaks: "A history that grows long loses its beginning",
    withinSeeds: 10,
    rules: ["a timeline keeps what was told, in its order"],
    edits: [
      {
        file: "shared/run/timeline.ts",
        find: "return fitting(recorded.length <= MAX_EVENTS ? recorded : shorten(recorded));",
        replace:
          "return fitting(recorded.length <= MAX_EVENTS / 10 ? recorded : recorded.slice(1));",
      },
    ],
  },
];
