import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Builds a library whose functions come before those of the C library, for Linux's LD_PRELOAD. Needs gcc.
 * @param library the file that becomes the library.
 */
export function buildPreload(source: URL, library: string): void {
  const flags = ["-O1", "-shared", "-fPIC", "-o", library, fileURLToPath(source)];
  execFileSync("gcc", [...flags, "-ldl", "-lpthread"], { stdio: "inherit" });
}
