import type { Log } from "../../shared/ports.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { LoadedClouds } from "../clouds-files.ts";
import { type Installation, openInstallation } from "../installation.ts";
import type { App } from "./app.ts";
import { openLoaded } from "./clouds.ts";
import { dataFileError } from "./data-file.ts";
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
  const ownHost = new OwnHost(installation, app.dataFile);
  try {
    return await work({ installation, ownHost });
  } finally {
    await ownHost.stop();
    installation.close();
    app.output.hint(...noted);
  }
}

export async function openData(
  app: App,
  { recipes, clouds }: { recipes: ReadonlyMap<string, Recipe>; clouds: LoadedClouds },
  log: Log,
): Promise<Installation> {
  try {
    const opened = openLoaded(clouds, app.now);
    return await openInstallation({ dataFile: app.dataFile, clouds: opened, recipes, log });
  } catch (error) {
    throw dataFileError(app.dataFile, error);
  }
}

/** Kept until the lines that move have come to rest. What a run met is in its story anyway. */
function noteWarnings(noted: Set<string>): Log {
  const note = (message: string, fields: Record<string, unknown> = {}): void => {
    noted.add(`! ${message} ${JSON.stringify(fields)}`);
  };
  return { info: () => {}, warn: note, error: note };
}
