import type { Log } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { type Installation, openInstallation } from "../installation.ts";
import type { App } from "./app.ts";
import { needClouds, openLoaded } from "./clouds.ts";
import { withFile } from "./data-file.ts";
import { OwnHost } from "./own-host.ts";

export interface Workshop {
  installation: Installation;
  ownHost: OwnHost;
}

/** Opens the data file for writing, and tidies away whatever became of the work. */
export async function withInstallation<Result>(
  app: App,
  is: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  work: (workshop: Workshop) => Promise<Result>,
): Promise<Result> {
  const noted = new Set<string>();
  const installation = await openData(app, is, noteWarnings(noted));
  const ownHost = new OwnHost(installation, {
    dataFile: app.dataFile,
    needCloudsOf: (runs) =>
      needClouds(
        is.clouds,
        runs.map(({ run }) => run.recipe),
      ),
  });
  try {
    return await work({ installation, ownHost });
  } finally {
    await ownHost.stop();
    installation.close();
    app.output.hint(...noted);
  }
}

export async function openData(
  { dataFile, now }: App,
  { recipes, clouds }: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  log: Log,
): Promise<Installation> {
  // Whatever is wrong with the file shows here.
  withFile(dataFile, () => openDatabase(dataFile).close());
  return openInstallation({ dataFile, clouds: openLoaded(clouds, now), recipes, log });
}

/** Kept until the lines that move have come to rest. What a run met is in its story anyway. */
function noteWarnings(noted: Set<string>): Log {
  const note = (message: string, fields: Record<string, unknown> = {}): void => {
    noted.add(`! ${message} ${JSON.stringify(fields)}`);
  };
  return { info: () => {}, warn: note, error: note };
}
