import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPreload } from "../test/preload.ts";

/** Help for the option `--sync-ms`. */
export const SYNC_MS = "milliseconds that each sync of the disk takes longer (needs Linux and gcc)";

export interface Disk {
  /** Of each process that has this disk. */
  env: NodeJS.ProcessEnv;
  /** For the name and the heading of a section. */
  suffix: string;
  /** For its text. */
  sentence: string;
}

/** @param syncMs zero: the disk as it is. */
export function openDisk(syncMs: number): Disk {
  if (syncMs === 0) return { env: {}, suffix: "", sentence: "The disk is as it is." };
  const folder = mkdtempSync(join(tmpdir(), "regild-slow-disk-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  const library = join(folder, "slow-disk.so");
  buildPreload(new URL("slow-disk.c", import.meta.url), library);
  return {
    env: { LD_PRELOAD: library, SYNC_MS: String(syncMs) },
    suffix: `, each sync ${syncMs} ms slower`,
    sentence: `Each sync of the disk takes ${syncMs} ms longer than it would, as on a slower disk.`,
  };
}
