import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../shared/sqlite/open.ts";
import { SqliteStore } from "../shared/sqlite/store.ts";
import { print } from "./print.ts";

const SLICES = 6;
const SLICE_MS = 500;
/** About what the record of a run holds half-way. */
const DOC_BYTES = 4000;

/** Conditional writes of one record after another, in slices that take turns: a noisy disk is noisy for both. */
export async function commits(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "regild-bench-"));
  try {
    const full = writer(folder, "FULL");
    const normal = writer(folder, "NORMAL");
    for (let slice = 0; slice < SLICES; slice++) {
      await full.writeFor(SLICE_MS);
      await normal.writeFor(SLICE_MS);
    }
    const [fullRate, normalRate] = [full.perSecond(), normal.perSecond()];
    print("SQLite commits per second", [
      ["synchronous = FULL (what Regild uses)", fullRate.toFixed(0)],
      ["synchronous = NORMAL", normalRate.toFixed(0)],
      ["ratio", `${(normalRate / fullRate).toFixed(1)}×`],
    ]);
    full.close();
    normal.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writer(folder: string, synchronous: "FULL" | "NORMAL") {
  const db = openDatabase(join(folder, synchronous));
  db.prepare(`PRAGMA synchronous = ${synchronous}`).run();
  const store = new SqliteStore(db);
  let written = 0;
  let tookMs = 0;
  return {
    writeFor: async (ms: number) => {
      const startedAtMs = performance.now();
      while (performance.now() < startedAtMs + ms) {
        const writeId = String(written);
        const doc = writeId.padEnd(DOC_BYTES, "x");
        const key = { pk: "R#bench", sk: "head" };
        const write = { key, writeId, sweepAtMs: null, day: null, expiresAtMs: null, doc };
        if ((await store.commit(write, written)) === "lost") throw new Error("a commit was lost");
        written++;
      }
      tookMs += performance.now() - startedAtMs;
    },
    perSecond: () => written / (tookMs / 1000),
    close: () => db.close(),
  };
}
