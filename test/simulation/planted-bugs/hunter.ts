import { parentPort, workerData } from "node:worker_threads";
import type { Hunt, Quarry } from "./hunt.ts";
import { plant } from "./plant.ts";

/** High enough that most runs meet several faults. */
const FAULT_RATE = 2;

// The thread of one hunt: makes the edits, then runs seed after seed until a rule is broken.
const {
  edits,
  beyondBounds,
  only,
  rate = FAULT_RATE,
  rules,
  firstSeed,
  seeds,
}: Quarry = workerData;
const loaded = plant(edits);
const { runSeed } = await import("../seed.ts");
const { BEYOND, WITHIN } = await import("../faults.ts");
const {
  cleansUpOften,
  copiesToRegion,
  encryptsImages,
  exportsImages,
  hasIms,
  hasLateReasons,
  hasRoom,
  hasStores,
  hasZones,
  isDistributing,
  isFullServer,
  isOfDataDisks,
  isStreaming,
  keepsOne,
  poolOf,
  restoredOf,
  savesWork,
} = await import("../world.ts");
const { hasMembers } = await import("../members.ts");
const { hasProtection } = await import("../protection.ts");
const { hasHooks } = await import("../hooks.ts");
const { hasCallbacks } = await import("../told.ts");
const { hasNotifications } = await import("../people.ts");
const IS_MEANT = {
  zones: hasZones,
  copies: isDistributing,
  "region copies": copiesToRegion,
  streams: isStreaming,
  stores: hasStores,
  "late reasons": hasLateReasons,
  ims: hasIms,
  "full server": isFullServer,
  // An image that is copied first is seldom exported before its run's deadline.
  exports: (seed: string) => exportsImages(seed) && !copiesToRegion(seed),
  encrypted: encryptsImages,
  "data disks": isOfDataDisks,
  pool: (seed: string) => poolOf(seed) !== null,
  restored: (seed: string) => restoredOf(seed) !== null,
  callbacks: hasCallbacks,
  notifications: hasNotifications,
  "less work": savesWork,
  room: hasRoom,
  members: hasMembers,
  protected: hasProtection,
  hooks: hasHooks,
  "clean-ups": cleansUpOften,
  "one kept": keepsOne,
};
const unused = edits.find(({ file }) => !loaded.has(file));
if (unused !== undefined) throw new Error(`the simulation does not load ${unused.file}`);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(await hunt());

async function hunt(): Promise<Hunt> {
  const options = { rate, bounds: beyondBounds === true ? BEYOND : WITHIN };
  const others = new Set<string>();
  let next = firstSeed;
  for (let n = 1; n <= seeds; n++) {
    while (!isMeant(String(next))) next++;
    const seed = String(next++);
    const { violations } = await runSeed(seed, options);
    const broken = violations.find(({ rule }) => rules === null || rules.includes(rule));
    if (broken !== undefined) return { seeds: n, broken: { ...broken, seed }, others: [...others] };
    for (const { rule } of violations) others.add(rule);
  }
  return { seeds, broken: null, others: [...others] };
}

function isMeant(seed: string): boolean {
  if (only === undefined) return true;
  return IS_MEANT[only](seed);
}
