import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const MARK = "# Written by regild demo --serve, for as long as it runs.\n";

/**
 * Writes a clouds.yaml for the simulated cloud, in place of one that an earlier demo left behind, and of no other.
 * @returns null: another clouds.yaml is there, and stays.
 */
export function writeDemoCloudsFile(path: string, text: string): Disposable | null {
  if (existsSync(path) && !readFileSync(path, "utf8").startsWith(MARK)) return null;
  const written = MARK + text;
  writeFileSync(path, written, { mode: 0o600 });
  return {
    [Symbol.dispose]: () => {
      if (existsSync(path) && readFileSync(path, "utf8") === written) rmSync(path);
    },
  };
}
