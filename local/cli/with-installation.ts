import type { Log } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { type Installation, openInstallation } from "../installation.ts";
import type { App } from "./app.ts";
import { needClouds, openLoaded } from "./clouds.ts";
import { withFile } from "./data-file.ts";
import { OwnHost } from "./own-host.ts";
import { Warnings } from "./warnings.ts";

export interface Workshop {
  installation: Installation;
  ownHost: OwnHost;
  warnings: Warnings;
}

/** Opens the data file for writing, and tidies away whatever became of the work. */
export async function withInstallation<Result>(
  app: App,
  is: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  work: (workshop: Workshop) => Promise<Result>,
): Promise<Result> {
  const warnings = new Warnings();
  const installation = await openData(app, is, warnings.log);
  const ownHost = new OwnHost(installation, {
    dataFile: app.dataFile,
    needCloudsOf: (runs) =>
      needClouds(
        is.clouds,
        runs.map(({ run }) => run.recipe),
      ),
  });
  try {
    return await work({ installation, ownHost, warnings });
  } finally {
    await ownHost.stop();
    installation.close();
    app.output.hint(...warnings.take());
  }
}

export async function openData(
  { dataFile, now }: App,
  { recipes, clouds }: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  log: Log,
): Promise<Installation> {
  // Whether it is ours at all shows here.
  withFile(dataFile, () => openDatabase(dataFile).close());
  return openInstallation({ dataFile, clouds: openLoaded(clouds, now), recipes, log });
}
