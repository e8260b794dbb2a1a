import { expect, it } from "vitest";
import { storeWithLog } from "../../local/outcome-log.ts";
import { outcomeLines } from "../../shared/events/outcome-lines.ts";
import { recipeStateKey } from "../../shared/image/recipe-state.ts";
import type { Item, Key } from "../../shared/ports.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { sourceKey } from "../../shared/source/item.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { candidate, image, NOW_MS, recipeState, run, SERVER } from "../cli/records.ts";

const item = (key: Key, version: number, doc: object): Item => ({
  key,
  version,
  writeId: `w${version}`,
  sweepAtMs: null,
  cancelAtMs: null,
  day: null,
  expiresAtMs: null,
  doc: JSON.stringify(doc),
});
const lines = (key: Key, before: object, after: object) =>
  outcomeLines({ before: item(key, 1, before), after: item(key, 2, after), writtenAtMs: NOW_MS });

const RUN = run({ source: SERVER, candidate: candidate(), imageName: "web-1" });
const OF_RUN = {
  "cicd.pipeline.name": "web",
  "cicd.pipeline.run.id": RUN.id,
  "regild.cloud": "mycloud",
};

it("a run that ended", () => {
  const failure = {
    code: "quota",
    message: "No room",
    remedy: "Ask for more",
    step: "create-image" as const,
    atMs: NOW_MS,
    evidence: [],
  };
  const end = { outcome: "succeeded" as const, endedAtMs: NOW_MS };
  expect(lines(runKey(RUN.id), RUN, { ...RUN, ...end })).toEqual([
    {
      message: "run ended",
      fields: {
        "event.name": "regild.run.ended",
        ...OF_RUN,
        "cicd.pipeline.result": "success",
        "regild.run.outcome": "succeeded",
        "host.image.id": RUN.candidate?.id,
        "host.image.name": "web-1",
      },
    },
  ]);
  const failed = { ...RUN, outcome: "failed" as const, endedAtMs: NOW_MS, failure };
  expect(lines(runKey(RUN.id), RUN, failed)).toMatchObject([
    {
      fields: {
        "cicd.pipeline.result": "failure",
        "error.type": "quota",
        "error.message": "No room",
      },
    },
  ]);
});

it("a server that was stopped and started, by its run", () => {
  const stopped = { ...RUN, stoppedAtMs: NOW_MS };
  const of = { "host.id": SERVER.id, "host.name": "web-golden", ...OF_RUN };
  expect(lines(runKey(RUN.id), RUN, stopped)).toEqual([
    { message: "source stopped", fields: { "event.name": "regild.source.stopped", ...of } },
  ]);
  expect(lines(runKey(RUN.id), stopped, { ...stopped, restoredAtMs: NOW_MS })).toEqual([
    { message: "source started", fields: { "event.name": "regild.source.started", ...of } },
  ]);
  expect(lines(runKey(RUN.id), stopped, { ...stopped, apiCalls: 7 })).toEqual([]);
});

it("a server that was started after its run had ended", () => {
  const source = {
    schema: 2,
    id: SERVER.id,
    kind: "server",
    cloud: "mycloud",
    region: null,
    owner: null,
    wishedPower: "ACTIVE",
    wishedAtMs: NOW_MS,
    lateStopUntilMs: null,
    reconcileAtMs: NOW_MS,
  };
  const started = { ...source, wishedPower: null, reconcileAtMs: null };
  expect(lines(sourceKey(SERVER.id), source, started)).toEqual([
    {
      message: "source started",
      fields: {
        "event.name": "regild.source.started",
        "host.id": SERVER.id,
        "regild.cloud": "mycloud",
      },
    },
  ]);
  const owned = { ...source, owner: RUN.id };
  expect(lines(sourceKey(SERVER.id), owned, { ...owned, wishedPower: null })).toEqual([]);
});

it("an image that became current, and one that was deleted", () => {
  const before = recipeState({
    images: [image("a", { state: "candidate" }), image("b", { state: "deleting" })],
  });
  const after = {
    ...before,
    current: "a",
    images: [image("a", { state: "current" }), image("b", { state: "gone" })],
  };
  const found = lines(recipeStateKey("web"), before, after);
  expect(found.map(({ message, fields }) => [message, fields["host.image.name"]])).toEqual([
    ["image promoted", "web-a"],
    ["image deleted", "web-b"],
  ]);
});

it("a line is written once, after the write is taken, and for no write that is refused", async () => {
  const logged: string[] = [];
  const none = () => {};
  const log = { info: (message: string) => void logged.push(message), warn: none, error: none };
  const store = storeWithLog(new SqliteStore(openDatabase(":memory:")), log);
  const { version: _version, cancelAtMs: _cancel, ...write } = item(runKey(RUN.id), 1, RUN);
  const ended = {
    ...write,
    doc: JSON.stringify({ ...RUN, outcome: "succeeded", endedAtMs: NOW_MS }),
  };
  expect(await store.commit(write, 0)).toBe("won");
  expect(await store.commit(ended, 4)).toBe("lost");
  expect(logged).toEqual([]);
  expect(await store.commit(ended, 1)).toBe("won");
  expect(await store.commit(ended, 2)).toBe("won");
  expect(logged).toEqual(["run ended"]);
});
