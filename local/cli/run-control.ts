import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Ids, Log, Queue, Store } from "../../shared/ports.ts";
import { installationIdOf } from "../../shared/protocol/installation-id.ts";
import { sentOrSwept } from "../../shared/protocol/sent-or-swept.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Settings } from "../../shared/settings/settings.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { randomIds } from "../ids.ts";
import { type Installation, openInstallation } from "../installation.ts";
import type { App } from "./app.ts";
import { needClouds, openLoaded } from "./clouds.ts";
import { hasDataFile, withFile } from "./data-file.ts";
import type { Stack } from "./on-aws.ts";
import { OwnHost } from "./own-host.ts";
import { regildVersion } from "../version.ts";
import { signingKey } from "./signing-key.ts";
import { Warnings } from "./warnings.ts";

/** Who does the work that a command asks for. */
export interface Workers {
  /** This process does. */
  readonly isWorking: boolean;
  /** Nobody does, now. */
  isNeeded(): boolean;
  /** @returns whether this process does from now on. */
  takeOver(): Promise<boolean>;
  takeOverIfAbandoned(nowMs: number): Promise<boolean>;
  /** Lets this process finish the calls that are under way, and do no more. */
  stop(): Promise<void>;
}

/** All that watching runs takes. */
export interface WatchControl {
  backend: { store: Store };
  workers: Workers;
  warnings: Warnings;
  /** Between two readings of the records. */
  pollMs: number;
}

/** All that starting, watching and ending runs takes. */
export interface RunControl extends WatchControl {
  backend: { store: Store; queue: Queue; ids: Ids; now: () => number; installationId: string };
}

/** Opens for writing, and tidies away whatever became of the work. */
export async function withRunControl<Result>(
  app: App,
  is: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  work: (control: RunControl) => Promise<Result>,
): Promise<Result> {
  const warnings = new Warnings();
  try {
    if (app.storage.kind === "file") return await withOwnHost(app, is, warnings, work);
    const { withStack } = await import("./on-aws.ts");
    app.output.hint(`On AWS, table ${app.storage.name}:`);
    return await withStack(app, async (stack) => work(await controlOn(stack, app, warnings)));
  } finally {
    app.output.hint(...warnings.take());
  }
}

async function withOwnHost<Result>(
  app: App,
  is: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  warnings: Warnings,
  work: (control: RunControl) => Promise<Result>,
): Promise<Result> {
  const installation = await openData(app, is, warnings.log);
  const ownHost = new OwnHost(installation, {
    dataFile: app.storage.name,
    needCloudsOf: (runs) =>
      needClouds(
        is.clouds,
        runs.map(({ run }) => run.recipe),
      ),
  });
  try {
    const { backend } = installation;
    return await work({ backend, workers: ownHost, warnings, pollMs: POLL_MS.file });
  } finally {
    await ownHost.stop();
    installation.close();
  }
}

export async function openData(
  { storage: { name: dataFile }, places, cwd, output, now }: App,
  {
    recipes,
    settings,
    clouds,
    tellNew = (text) => output.hint(text),
  }: {
    recipes: ReadonlyMap<string, Recipe>;
    settings?: Settings;
    clouds: LoadedClouds;
    /** That there is no data file yet. */
    tellNew?: (text: string) => void;
  },
  log: Log,
): Promise<Installation> {
  if (!hasDataFile(dataFile)) {
    tellNew(`There is no data file at ${resolve(cwd, dataFile)} yet: making it.`);
    // A folder that somebody named has to be there: a misspelt one is not made.
    if (places.data.from === "user") mkdirSync(dirname(dataFile), { recursive: true, mode: 0o700 });
  }
  // Whether it is ours at all shows here.
  withFile(dataFile, () => openDatabase(dataFile).close());
  const key = signingKey(process.env);
  const attestation = { version: regildVersion(), key: async () => key };
  return openInstallation({
    dataFile,
    clouds: openLoaded(clouds, now),
    recipes,
    settings,
    attestation,
    log,
  });
}

export const POLL_MS = { file: 250, aws: 2000 } as const;

/** The stack's functions are always there. */
export const FUNCTIONS: Workers = {
  isWorking: false,
  isNeeded: () => false,
  takeOver: async () => false,
  takeOverIfAbandoned: async () => false,
  stop: async () => {},
};

async function controlOn(
  { store, queue }: Stack,
  { now }: App,
  warnings: Warnings,
): Promise<RunControl> {
  const installationId = await installationIdOf({ store, ids: randomIds });
  const backend = {
    store,
    queue: sentOrSwept(queue, warnings.log),
    ids: randomIds,
    now,
    installationId,
  };
  return { backend, workers: FUNCTIONS, warnings, pollMs: POLL_MS.aws };
}
