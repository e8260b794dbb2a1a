import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostView } from "../../local/view/host.ts";
import { runsDocument } from "../../local/view/run.ts";
import { Sessions } from "../../local/access/session.ts";
import { type DeadLetter, deadLetterKey } from "../../shared/protocol/dead-letter.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import { image, NOW_MS, recipe, recipeState, run, WEB } from "../cli/records.ts";
import { endedRun, putRun, putState } from "./filled-store.ts";

const DB = { ...recipe("db", "server: db-golden"), cloud: "othercloud" };
const DB_RUN = "db-20261123-093000-m7p2q4";
const OWN = { host: "localhost:1", origin: "http://localhost:1", accept: "text/html" };
const KEY = new Uint8Array(32).fill(9);

const HOST: HostView = {
  state: "running",
  kind: "serve",
  since: "2026-11-23T05:34:00.000Z",
  last_seen: "2026-11-23T09:33:58.000Z",
  stopped_at: null,
  holds_lock: true,
  recipes: {
    file: "recipes.yml",
    loaded_at: "2026-11-23T05:34:00.000Z",
    refused_at: null,
    message: null,
    problems: [],
  },
};
/** The operator has made a mistake in the recipe that is not to be seen. */
const HOST_OF_BOTH: HostView = {
  ...HOST,
  recipes: HOST.recipes && {
    ...HOST.recipes,
    message: "db.server is unknown",
    problems: ["db.server is unknown"],
  },
};

const opened: OpenedSite[] = [];
afterEach(async () => {
  for (const site of opened.splice(0)) await site.close();
});

/** A host that has web alone, or db too: with a run at work, a failed one, images and a dead letter. */
async function open(withDb: boolean): Promise<OpenedSite> {
  const host = async () => (withDb ? HOST_OF_BOTH : HOST);
  const site = await openSite({ recipes: withDb ? [WEB, DB] : [WEB], host, sessionKey: KEY });
  opened.push(site);
  const { store } = site;
  for (const back of [0, 1, 3]) await putRun(store, endedRun("web", back));
  const images = [image("web-1", { state: "current" })];
  await putState(store, recipeState({ current: "web-1", shown: "web-1", images, seq: 4 }));
  if (!withDb) return site;
  await putRun(store, run({ id: DB_RUN, recipeName: "db" }));
  await putRun(store, endedRun("db", 3));
  const ofDb = [
    image("db-2", { state: "current", run: DB_RUN }),
    image("db-1", { run: DB_RUN, retiredAtMs: NOW_MS }),
  ];
  await putState(
    store,
    recipeState({ recipeName: "db", current: "db-2", images: ofDb, activeRun: DB_RUN, seq: 2 }),
  );
  await putDeadLetter(site);
  return site;
}

async function putDeadLetter({ store }: OpenedSite): Promise<void> {
  const key = runKey(DB_RUN);
  const doc: DeadLetter = {
    schema: 2,
    id: DB_RUN,
    kind: "run",
    queue: "check-status",
    body: JSON.stringify({ key, version: 1 }),
    step: "check-status",
    error: null,
    done: "left",
    count: 1,
    firstAtMs: NOW_MS,
    lastAtMs: NOW_MS,
    retriedAtMs: null,
    expiresAtMs: NOW_MS * 2,
  };
  const rest = { writeId: "w", sweepAtMs: null, day: null, expiresAtMs: null };
  await store.commit({ key: deadLetterKey(doc), doc: JSON.stringify(doc), ...rest }, 0);
}

/** Headers of somebody who has signed in. */
async function signedIn(site: OpenedSite, recipes: string[] | null) {
  const { text } = await site.token("admin", { recipes });
  const headers = { ...OWN, "content-type": "application/x-www-form-urlencoded" };
  const answer = await site.ask("POST", "/sign-in", { headers, body: `token=${text}` });
  const cookie = answer.headers["set-cookie"]?.split(";")[0] ?? "";
  return { page: { ...OWN, cookie }, api: { authorization: `Bearer ${text}` } };
}

/** What somebody can learn of an answer; each sign-in has a CSRF token of its own. */
async function learned(
  site: OpenedSite,
  method: string,
  path: string,
  headers: Record<string, string>,
) {
  const session = new Sessions(() => NOW_MS, KEY).in(headers["cookie"]);
  const form = {
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf: session?.csrf ?? "", reason: "x", image: "db-1" }).toString(),
  };
  const sent = method === "POST" ? form : { headers };
  const { status, headers: got, text } = await site.ask(method, path, sent);
  const csrf = /name="csrf" value="[^"]*"/g;
  return { path, status, location: got["location"], text: text.replaceAll(csrf, "") };
}

const PAGES = [
  "/",
  "/?find=d",
  "/?page=2",
  "/runs",
  "/runs?state=failed",
  "/runs?recipe=db",
  `/runs?after=${DB_RUN}`,
  `/runs?recipe=db&after=${DB_RUN}`,
  `/runs/${DB_RUN}`,
  `/runs/${DB_RUN.slice(0, -3)}`,
  `/runs/${DB_RUN}/cancel`,
  "/runs/db",
  "/recipes/db",
  "/recipes/db/pause",
  "/recipes/db/rollback?image=db-1",
  "/recipes/db/clean-up",
];
const FORMS = [
  `/runs/${DB_RUN}/cancel`,
  `/runs/${DB_RUN}/approve`,
  `/runs/${DB_RUN}/reject`,
  "/recipes/db/refresh",
  "/recipes/db/pause",
  "/recipes/db/resume",
  "/recipes/db/rollback",
];
const API = [
  "/v1/status",
  "/v1/recipes",
  "/v1/runs",
  `/v1/runs?after=${DB_RUN}`,
  `/v1/runs/${DB_RUN}`,
  "/v1/recipes/db",
  "/v1/runs?recipe=db",
  "/v1/recipes/db/images",
];

describe("a token of one recipe", () => {
  let both: OpenedSite;
  let webOnly: OpenedSite;
  beforeEach(async () => {
    [both, webOnly] = [await open(true), await open(false)];
  });

  it.each(PAGES)("learns nothing of another recipe from the page %s", async (path) => {
    const [one, other] = [await signedIn(both, ["web"]), await signedIn(webOnly, ["web"])];
    const seen = await learned(both, "GET", path, one.page);
    expect(seen).toEqual(await learned(webOnly, "GET", path, other.page));
    expect(seen.status).toBe(/^\/(\?|$)|^\/runs(\?state|$)/.test(path) ? 200 : 404);
  });

  it.each(FORMS)("learns nothing of another recipe from the form %s", async (path) => {
    const [one, other] = [await signedIn(both, ["web"]), await signedIn(webOnly, ["web"])];
    const seen = await learned(both, "POST", path, one.page);
    expect(seen).toEqual(await learned(webOnly, "POST", path, other.page));
    expect(seen.status).toBe(path.startsWith("/runs/") ? 404 : 403);
  });

  it.each(API)("learns nothing of another recipe from the API at %s", async (path) => {
    const [one, other] = [await signedIn(both, ["web"]), await signedIn(webOnly, ["web"])];
    const seen = await learned(both, "GET", path, one.api);
    expect(seen).toEqual(await learned(webOnly, "GET", path, other.api));
  });

  it("sees all of its own", async () => {
    const { page } = await signedIn(both, ["web"]);
    for (const path of ["/", "/recipes/web", "/runs", "/runs/web", "/runs?recipe=web"]) {
      expect(await learned(both, "GET", path, page)).toMatchObject({ status: 200 });
    }
    const { text } = await learned(both, "GET", "/recipes/web", page);
    expect(text).toContain("web-1");
    expect(text).toContain("Refresh now");
  });

  it("reads its own list of runs page by page, and no other's", async () => {
    const { api } = await signedIn(both, ["web", "db"]);
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const query: string = after === null ? "" : `&after=${after}`;
      const { body } = await both.ask("GET", `/v1/runs?limit=2${query}`, { headers: api });
      const { runs, next } = runsDocument.parse(body);
      ids.push(...runs.map(({ id }) => id));
      after = next;
    } while (after !== null);
    expect(ids).toHaveLength(5);
    expect(new Set(ids).size).toBe(5);
    expect(ids[0]).toBe(DB_RUN);
  });
});

it("the page differs for a token that is good for both", async () => {
  const [both, webOnly] = [await open(true), await open(false)];
  const [one, other] = [await signedIn(both, null), await signedIn(webOnly, null)];
  for (const path of PAGES.filter((path) => path !== "/?page=2")) {
    const seen = await learned(both, "GET", path, one.page);
    expect(seen).not.toEqual(await learned(webOnly, "GET", path, other.page));
  }
});
