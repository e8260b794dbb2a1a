import { runsPage } from "../../view/queries.ts";
import type { App } from "../app.ts";
import { cloudsOf } from "../clouds.ts";
import { hasDataFile } from "../data-file.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { withRecords } from "../with-records.ts";
import type { Candidate, Wanted } from "./wanted.ts";

const NEWEST = 50;

/** Names that the files and the records have, as the options in front of the cursor choose them. */
export async function lookUp(app: App, { names, given }: Wanted): Promise<Candidate[]> {
  const data = given.get("--data");
  const chosen: App = {
    ...app,
    recipesFile: given.get("--recipes") ?? app.recipesFile,
    storage: data === undefined ? app.storage : { kind: "file", name: data },
  };
  switch (names) {
    case "clouds":
      return [...cloudsOf(chosen).clouds.keys()].map((value) => ({ value, description: "cloud" }));
    case "recipes":
      return recipes(chosen);
    case "runs":
      return [...recipes(chosen), ...(await runs(chosen))];
    case "files":
    case null:
      return [];
  }
}

function recipes(app: App): Candidate[] {
  return [...recipesOrNone(app).values()].map(({ name, source }) => ({
    value: name,
    description: `recipe of ${source.kind} ${source.idOrName}`,
  }));
}

/** On AWS none: a TAB is not worth calls that are paid for. */
async function runs(app: App): Promise<Candidate[]> {
  if (app.storage.kind === "aws" || !hasDataFile(app.storage.name)) return [];
  const page = { limit: NEWEST, after: null };
  const found = await withRecords(app, new Map(), (records) => runsPage(records, null, page));
  return found.runs.map(({ id, state }) => ({ value: id, description: state }));
}
