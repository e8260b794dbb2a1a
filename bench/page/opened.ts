import { join } from "node:path";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import { pageSite } from "../../local/page/page-site.ts";
import { RecipeMemory } from "../../local/view/recipe-memory.ts";
import { serveHttp } from "../../local/http-server.ts";
import { siteOf } from "../../test/access/opened-site.ts";
import { filledStore } from "../../test/page/filled-store.ts";

export interface Size {
  recipes: number;
  runsEach: number;
}

export interface Opened extends AsyncDisposable {
  url: string;
}

/** The page on a data file with so many recipes and runs. */
export async function openPageOn(folder: string, size: Size): Promise<Opened> {
  const name = `${size.recipes}-${size.runsEach}.sqlite`;
  const filled = await filledStore(size, join(folder, name));
  const records = { ...filled, memory: new RecipeMemory(filled.store) };
  const pages = pageSite(records, new CloudAnswers(records.now));
  const none = () => {};
  const log = { info: none, warn: none, error: console.error };
  const server = await serveHttp(
    { site: siteOf(records, { pages }), log },
    { host: "127.0.0.1", port: 0 },
  );
  return { url: server.url, [Symbol.asyncDispose]: () => server.close() };
}
