import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import type { HostView } from "../../local/view/host.ts";
import type { Records } from "../../local/view/read.ts";
import type { Store } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import { at } from "../simulation/random.ts";
import { candidate, HOUR_MS, MINUTE_MS, NOW_MS, recipe, run, SERVER } from "../cli/records.ts";
import { endedRun, putRun, putState, putWatch, stateOf } from "./filled-store.ts";

const DAILY = 'schedule: [{ cron: "30 2 * * *" }]';
const NAMES = ["web", "db", "build-agent", "kube-node", "jump-host", "data-volume"] as const;

const HOST: HostView = {
  state: "running",
  kind: "serve",
  since: new Date(NOW_MS - 52 * HOUR_MS).toISOString(),
  last_seen: new Date(NOW_MS - 2000).toISOString(),
  stopped_at: null,
  holds_lock: true,
  recipes: null,
};

/** An installation on a bad morning: `web` is at work with its server off, `db` failed, `kube-node` lost its image. */
export async function scene(): Promise<Records & { store: SqliteStore }> {
  const store = new SqliteStore(openDatabase(":memory:"));
  const recipes = await fillScene(store);
  return { store, recipes, now: () => NOW_MS, host: async () => HOST };
}

/** The scene in another store. @returns its recipes. */
export async function fillScene(store: Store): Promise<Map<string, Recipe>> {
  const recipes = new Map<string, Recipe>();
  for (const [index, name] of NAMES.entries()) {
    const source = name === "data-volume" ? "volume: data-golden" : `server: ${name}-golden`;
    const made = recipe(name, `${source}, ${name === "jump-host" ? "keep: 2" : DAILY}`);
    recipes.set(name, made);
    const usual = 4 + at(name, "minutes") * 12;
    const runs = Array.from({ length: 36 }, (_, back) =>
      endedRun(name, back, {
        uploadMinutes: usual * (0.85 + 0.3 * at(name, "upload", back)),
        tail: "bcdefg"[index] ?? "a", // no two runs have the same sort key, by which all are listed
        isFailed: back > 0 && at(name, "failed", back) < 0.05,
      }),
    );
    if (name === "db") runs.unshift(FAILED);
    if (name === "web") runs.unshift(AT_WORK);
    for (const each of runs) await putRun(store, each);
    const state = stateOf(
      name,
      runs.filter(({ outcome }) => outcome === "succeeded"),
    );
    if (name === "web") {
      const zones = ["az1", "az2"].map((zone) => ({
        name: zone,
        region: null,
        endpoint: null,
        cloud: null,
        distribute: false,
        streamed: false,
        store: null,
      }));
      state.activeRun = AT_WORK.id;
      state.images = state.images.map((image) => ({ ...image, zones }));
    }
    if (name === "db") Object.assign(state, { failuresInRow: 1 });
    if (name === "kube-node") {
      const fault = {
        status: "deleted",
        why: null,
        sinceMs: NOW_MS - 3 * HOUR_MS,
        isConfirmed: true,
      };
      const checked = { imageId: state.current ?? "", dueAtMs: NOW_MS + MINUTE_MS };
      state.currentCheck = { ...checked, goodAtMs: NOW_MS - 9 * HOUR_MS, fault };
    }
    await putState(store, state);
    await putWatch(store, made);
  }
  return recipes;
}

/** The cloud of the scene has just answered. */
export function sceneAnswers(): CloudAnswers {
  const answers = new CloudAnswers(() => NOW_MS - 4000);
  answers.saw("mycloud", true);
  return answers;
}

const step = { kind: "step" as const, count: 1, calls: [] };
const STOP = {
  method: "POST",
  service: "compute" as const,
  path: `/v2.1/servers/${SERVER.id}/action`,
  status: 202,
  requestId: "req-3b1f0c52-7a0e-4a53-9d3c-5a4be2f6b1c9",
};

const AT_WORK: Run = run({
  id: "web-20261123-092400-q7w2zx",
  startedAtMs: NOW_MS - 10 * MINUTE_MS,
  step: "check-status",
  stepSinceMs: NOW_MS - 6 * MINUTE_MS,
  source: { ...SERVER, name: "web-golden" },
  stoppedAtMs: NOW_MS - 9 * MINUTE_MS,
  candidate: candidate({ askedAtMs: NOW_MS - 6 * MINUTE_MS }),
  timeline: [
    {
      ...step,
      atMs: NOW_MS - 7 * MINUTE_MS,
      step: "prepare-source",
      text: "ACTIVE → SHUTOFF",
      calls: [STOP],
    },
    {
      ...step,
      atMs: NOW_MS - 6 * MINUTE_MS,
      step: "create-image",
      text: "web-20261123-q7w2zx 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77",
      calls: [{ ...STOP, requestId: "req-7a1fb1f4-11f9-4d1e-8f39-f8fb3a60d8a0" }],
    },
  ],
  apiCalls: 14,
});

const REFUSED = { ...STOP, status: 500, requestId: "req-0d5f0f6b-46c3-4b7b-a6a3-33d1c1a2ab44" };
const FAILED: Run = run({
  id: "db-20261123-033600-b7x2wd",
  recipeName: "db",
  trigger: { kind: "schedule", by: "schedule", id: "t" },
  startedAtMs: NOW_MS - 6 * HOUR_MS,
  endedAtMs: NOW_MS - 6 * HOUR_MS + 22 * MINUTE_MS,
  outcome: "failed",
  step: "abandon",
  source: { ...SERVER, name: "db-golden" },
  stoppedAtMs: NOW_MS - 6 * HOUR_MS + MINUTE_MS,
  restoredAtMs: NOW_MS - 6 * HOUR_MS + 21 * MINUTE_MS,
  apiCalls: 37,
  failure: {
    code: "image-vanished",
    message:
      "Image db-20261123-b7x2wd went back from saving to queued: the cloud could not store what was uploaded",
    remedy:
      "Ask the operator of the cloud, with the request ids: the image store is often full. Then: regild refresh db",
    step: "check-status",
    atMs: NOW_MS - 6 * HOUR_MS + 19 * MINUTE_MS,
    evidence: [REFUSED],
  },
  timeline: [
    {
      ...step,
      atMs: NOW_MS - 6 * HOUR_MS + 2 * MINUTE_MS,
      step: "prepare-source",
      text: "ACTIVE → SHUTOFF",
      calls: [STOP],
    },
    {
      ...step,
      atMs: NOW_MS - 6 * HOUR_MS + 3 * MINUTE_MS,
      step: "create-image",
      text: "db-20261123-b7x2wd 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77",
      calls: [STOP],
    },
    {
      ...step,
      kind: "failure",
      atMs: NOW_MS - 6 * HOUR_MS + 19 * MINUTE_MS,
      step: "check-status",
      text: "image-vanished: saving → queued",
      calls: [REFUSED],
    },
    {
      ...step,
      atMs: NOW_MS - 6 * HOUR_MS + 22 * MINUTE_MS,
      step: "abandon",
      text: "undone",
      calls: [{ ...STOP, requestId: "req-5f14f0aa-2a53-44a1-8a0c-5b8a1f0c0e11" }],
    },
  ],
});
