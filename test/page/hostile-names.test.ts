import { describe, expect, it } from "vitest";
import { CloudAnswers } from "../../local/page/cloud-answers.ts";
import { type PageSite, pageSite } from "../../local/page/page-site.ts";
import type { Viewer } from "../../local/page/viewer.ts";
import { saveSourceProblems, aboutOf } from "../../local/source-problems.ts";
import { randomIds } from "../../local/ids.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { SqliteStore } from "../../shared/sqlite/store.ts";
import {
  candidate,
  HOUR_MS,
  image,
  NOW_MS,
  recipeState,
  run,
  SERVER,
  WEB,
} from "../cli/records.ts";
import { putRun, putState } from "./filled-store.ts";
import { PAYLOADS } from "./hostile-texts.ts";
import { elementsOf, runnable, visibleText } from "./parsed.ts";

const ALL: Viewer = { name: "admin", csrf: "c", may: () => true, recipes: null };

/** All texts that clouds, people and files give are this one. */
async function siteFullOf(
  text: string,
): Promise<{ site: PageSite; runId: string; recipe: string }> {
  const store = new SqliteStore(openDatabase(":memory:"));
  const recipe = { ...WEB, name: text, cloud: text, region: text };
  const call = {
    method: text,
    service: "compute" as const,
    path: text,
    status: 500,
    requestId: text,
  };
  const event = { atMs: NOW_MS, count: 1, calls: [call], text };
  const id = `${text}-20261123-093000-k3f9q2`;
  const about = { recipeName: text, recipe, imageName: text };
  const failed = run({
    ...about,
    id,
    trigger: { kind: "webhook", by: text, id: text },
    outcome: "failed",
    endedAtMs: NOW_MS,
    source: { ...SERVER, id: text, name: text },
    stoppedAtMs: NOW_MS - HOUR_MS,
    candidate: candidate({ id: text }),
    replacedImageId: text,
    joinedRunId: text,
    failure: {
      code: text,
      message: text,
      remedy: text,
      step: "check-status",
      atMs: NOW_MS,
      evidence: [call],
    },
    leftovers: [text],
    timeline: [
      { ...event, step: "create-image", kind: "step" },
      { ...event, step: "check-status", kind: "failure" },
    ],
  });
  await putRun(store, failed);
  const deleting = {
    state: "deleting" as const,
    deletingSinceMs: 1,
    reason: text,
    kept: { why: text, seenAtMs: NOW_MS },
  };
  await putState(
    store,
    recipeState({
      recipeName: text,
      current: text,
      shown: text,
      images: [
        image(text, { name: text, run: id, state: "current" }),
        image(`${text}1`, { name: text, run: id, ...deleting }),
        image(`${text}2`, { name: text, run: id, retiredAtMs: NOW_MS - HOUR_MS }),
      ],
      currentCheck: {
        imageId: text,
        dueAtMs: NOW_MS,
        goodAtMs: null,
        fault: { status: text, why: text, sinceMs: NOW_MS, isConfirmed: true },
      },
    }),
  );
  const problem = {
    recipe: text,
    about: aboutOf(recipe),
    seenAtMs: NOW_MS + 1,
    field: text,
    message: text,
    remedy: text,
  };
  await saveSourceProblems({ store, ids: randomIds }, new Set([text]), [problem]);
  const records = { store, recipes: new Map([[text, recipe]]), now: () => NOW_MS };
  return { site: pageSite(records, new CloudAnswers(records.now)), runId: id, recipe: text };
}

describe.each(PAYLOADS)("%s as every name and message", (_, text, seen) => {
  it("is text, and nothing else, on every page", async () => {
    const { site, runId, recipe } = await siteFullOf(text);
    const [inPath, run] = [
      encodeURIComponent(recipe.toWellFormed()),
      encodeURIComponent(runId.toWellFormed()),
    ];
    const isOdd = text !== text.toWellFormed(); // no address can name it
    const paths = [
      "/",
      "/runs",
      `/?find=${inPath}`,
      `/runs?recipe=${inPath}`,
      `/recipes/${inPath}`,
      `/runs/${run}`,
    ];
    const forms = [
      `/recipes/${inPath}/pause`,
      `/recipes/${inPath}/rollback?image=${inPath}2`,
      `/runs/${run}/cancel`,
    ];
    for (const path of isOdd ? paths.slice(0, 2) : [...paths, ...forms]) {
      const [pathname = "", query = ""] = path.split("?");
      const answer = await site(pathname, query, ALL);
      const html = answer?.text ?? "";
      expect([path, answer?.status]).toEqual([path, 200]);
      expect(runnable(html)).toEqual([]);
      expect(elementsOf(html).filter(({ tag }) => tag === "script")).toHaveLength(1);
      expect(html).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
      expect(visibleText(html)).toContain(seen.replaceAll(/\s+/g, " "));
      const ids = elementsOf(html).flatMap(({ attributes }) => attributes["id"] ?? []);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});
