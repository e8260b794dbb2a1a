import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Host } from "../host.ts";
import { openInstallation, type Installation } from "../installation.ts";
import type { SimulatedCloud } from "../simulated-cloud/cloud.ts";
import { openDemoCloud } from "./demo-cloud.ts";
import { demoRecipes } from "./demo-recipes.ts";

export interface DemoHost extends AsyncDisposable {
  cloud: SimulatedCloud;
  installation: Installation;
  /** What the host would have logged as a warning or an error. */
  warnings: string[];
}

/** A simulated cloud and a host that works on it; nothing of either is left once it is disposed of. */
export async function openDemoHost(): Promise<DemoHost> {
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(temporaryFolder()).path;
  const { simulated, clouds, ...served } = await openDemoCloud();
  undo.defer(() => served.close());
  const warnings: string[] = [];
  const warn = (message: string, fields: Record<string, unknown> = {}): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  const installation = await openInstallation({
    dataFile: join(folder, "regild.sqlite"),
    clouds,
    recipes: demoRecipes(),
    log: { info: () => {}, warn, error: warn },
  });
  undo.defer(() => installation.close());
  const host = await Host.start(installation);
  undo.defer(() => host.stop());
  const dispose = undo.move();
  return {
    cloud: simulated,
    installation,
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
