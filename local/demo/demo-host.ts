import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Host } from "../host.ts";
import { openInstallation } from "../installation.ts";
import { openDemoCloud, signIn } from "./demo-cloud.ts";
import { demoRecipes } from "./demo-recipes.ts";
import type { Stage } from "./refresh-all.ts";

const POLL_MS = 100;

export interface DemoHost extends Stage, AsyncDisposable {
  /** What the host would have logged as a warning or an error. */
  warnings: string[];
}

/** A simulated cloud and a host that works on it; nothing of either is left once it is disposed of. */
export async function openDemoHost(): Promise<DemoHost> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(temporaryFolder()).path;
  const { cloud, close } = await openDemoCloud();
  undo.defer(close);
  const warnings: string[] = [];
  const warn = (message: string, fields: Record<string, unknown> = {}): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  const installation = await openInstallation({
    dataFile: join(folder, "regild.sqlite"),
    clouds: signIn(cloud),
    recipes: demoRecipes(),
    log: { info: () => {}, warn, error: warn },
  });
  undo.defer(() => installation.close());
  const host = await Host.start(installation);
  undo.defer(() => host.stop());
  const dispose = undo.move();
  return {
    cloud,
    backend: installation.backend,
    pause: (signal) => sleep(POLL_MS, undefined, { signal }),
    warnings,
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}

/** Goes when it is disposed of, or with the process: one whose output is read no longer ends at once. */
function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "regild-demo-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off("exit", remove);
      remove();
    },
  };
}
