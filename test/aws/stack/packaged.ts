import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { compileInto } from "../template/compiled.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where `serverless package` has put template and packages. */
    packageFolder: string;
  }
}

/** Once for all tests of the stack. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "regild-package-"));
  compileInto(folder);
  project.provide("packageFolder", folder);
  return () => rmSync(folder, { recursive: true });
}
