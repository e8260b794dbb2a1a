import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CleanUpActions } from "../../local/actions/clean-up.ts";
import { Refused } from "../../local/http-answer.ts";
import {
  type CleanUpDocument,
  type CleanUpRowView,
  viewCleanUp,
} from "../../local/view/clean-up.ts";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import { cleanUpStage } from "../functions/clean-up-stage.ts";
import { recipeState } from "../cli/records.ts";
import { putState } from "./filled-store.ts";
import { PAYLOADS } from "./hostile-texts.ts";
import { elementsOf, runnable, visibleText } from "./parsed.ts";

const FORM = "application/x-www-form-urlencoded";
const OWN = { host: "localhost:1", origin: "http://localhost:1", accept: "text/html" };

let site: OpenedSite | undefined;
afterEach(() => site?.close());

type Role = Parameters<OpenedSite["token"]>[0];

/** The headers of somebody who signed in with a new token. */
async function signedIn(on: OpenedSite, role: Role, recipes: string[] | null = null) {
  const { text } = await on.token(role, { recipes });
  const headers = { ...OWN, "content-type": FORM };
  const answer = await on.ask("POST", "/sign-in", { headers, body: `token=${text}` });
  return { ...OWN, cookie: answer.headers["set-cookie"]?.split(";")[0] ?? "" };
}

function linksOf(html: string): string[] {
  return elementsOf(html).flatMap(({ tag, attributes }) =>
    tag === "a" ? [attributes["href"] ?? ""] : [],
  );
}

const applyLink = (html: string) => linksOf(html).find((href) => href.endsWith("/apply")) ?? "";

/** The CSRF token of the form that is sent to this path. */
function csrfFor(html: string, action: string): string {
  const all = elementsOf(html);
  const at = all.findIndex((one) => one.tag === "form" && one.attributes["action"] === action);
  return all[at + 1]?.attributes["value"] ?? `no form for ${action}`;
}

const send = (on: OpenedSite, action: string, headers: Record<string, string>, csrf: string) =>
  on.ask("POST", action, {
    headers: { ...headers, "content-type": FORM },
    body: new URLSearchParams({ csrf }).toString(),
  });

const titles = (html: string) =>
  elementsOf(html).flatMap(({ tag, text }) =>
    /^h[12]$/.test(tag) ? [text.replaceAll(/\s+/g, " ").trim()] : [],
  );

describe("on a host with clouds", () => {
  let s: Awaited<ReturnType<typeof cleanUpStage>>;
  let on: OpenedSite;
  const logged: string[] = [];
  beforeEach(async () => {
    s = await cleanUpStage();
    logged.length = 0;
    const log = (message: string, fields: object = {}) =>
      void logged.push(`${message} ${JSON.stringify(fields)}`);
    on = site = await openSite({
      recipes: [...s.on.recipes.values()],
      cleanUp: s.host(),
      log: { info: log, warn: log, error: log },
    });
  });
  const get = async (path: string, headers: Record<string, string>) =>
    on.ask("GET", path, { headers });

  /** @returns the path of the apply form, and its CSRF token. */
  async function asked(headers: Record<string, string>, path = "/clean-up") {
    const action = applyLink((await get(path, headers)).text);
    const question = await get(action, headers);
    expect(question.status).toBe(200);
    return { action, question: question.text, csrf: csrfFor(question.text, action) };
  }

  it("an admin sees what goes, what stays and why, and what is not made by Regild", async () => {
    const headers = await signedIn(on, "admin");
    const { status, text } = await get("/clean-up", headers);
    expect(status).toBe(200);
    expect(titles(text)).toEqual([
      "Clean-up",
      "Goes: 2",
      "Stays: 2",
      "Not made by Regild, and left alone: 1",
    ]);
    const seen = visibleText(text);
    expect(seen).toContain("Delete 2 images: frees");
    expect(seen).toContain("Keep 2, report 1.");
    expect(seen).toContain("older than the one image to keep");
    expect(seen).toContain("the current image of web");
    expect(seen).toContain("not made by Regild: regild adopt takes it into a recipe");
    for (const id of s.old) expect(seen).toContain(id);
    expect(linksOf(text)).toContain(`/clean-up/${s.plan}/apply`);
    expect(s.stored()).toEqual([true, true]);
  });

  it("the plan is carried out after a question, once however often the form is sent", async () => {
    const headers = await signedIn(on, "admin");
    const { action, question, csrf } = await asked(headers);
    expect(titles(question)).toEqual(["Delete 2 images?", "Goes: 2"]);
    expect(s.stored()).toEqual([true, true]);
    const done = await send(on, action, headers, csrf);
    expect([done.status, titles(done.text)]).toEqual([200, ["2 deleted", "Gone: 2"]]);
    expect(s.stored()).toEqual([false, false]);
    const again = await send(on, action, headers, csrf);
    expect(titles(again.text)).toEqual(["2 deleted", "Gone: 2"]);
    expect(logged).toContain(
      `asked by HTTP ${JSON.stringify({ action: "clean up", token: "admin-all", path: action })}`,
    );
  });

  it("a plan of one recipe leaves the others alone", async () => {
    const headers = await signedIn(on, "admin", ["web"]);
    const recipe = await get("/recipes/web", headers);
    expect(linksOf(recipe.text)).toContain("/recipes/web/clean-up");
    expect(linksOf(recipe.text)).not.toContain("/clean-up");
    const plan = await get("/recipes/web/clean-up", headers);
    expect(titles(plan.text)).toEqual(["Clean-up of web", "Goes: 1", "Stays: 1"]);
    expect(visibleText(plan.text)).not.toContain("db");
    const { action, csrf } = await asked(headers, "/recipes/web/clean-up");
    const done = await send(on, action, headers, csrf);
    expect(titles(done.text)).toEqual(["1 deleted", "Gone: 1"]);
    expect(s.stored()).toEqual([true, false]);
  });

  it("a plan that no longer fits is refused, with the reason and the new plan", async () => {
    const headers = await signedIn(on, "admin");
    const { action, csrf } = await asked(headers);
    const image = s.on.cloud.world.firstZone.images.get(s.old[0] ?? "");
    if (image === undefined) throw new Error("no image");
    s.on.cloud.operator.addServer({ name: "user", image });
    const refused = await send(on, action, headers, csrf);
    expect(refused.status).toBe(409);
    expect(titles(refused.text)).toEqual([
      "Clean-up",
      "The new plan",
      "Goes: 1",
      "Stays: 3",
      "Not made by Regild, and left alone: 1",
    ]);
    const seen = visibleText(refused.text);
    expect(seen).toContain("have changed since the plan. Nothing was deleted");
    expect(seen).toContain(`image ${s.old[0]}: planned delete`);
    expect(s.stored()).toEqual([true, true]);
    const fresh = applyLink(refused.text);
    expect(fresh).not.toBe(action);
    const done = await send(on, fresh, headers, csrf);
    expect(titles(done.text)).toEqual(["1 deleted", "Gone: 1"]);
    expect(s.stored()).toEqual([true, false]);
  });

  it("what is not gone yet is told", async () => {
    const headers = await signedIn(on, "admin");
    const { action, csrf } = await asked(headers);
    s.on.onAnswer = (request, answer) =>
      request.method === "DELETE"
        ? { kind: "response", status: 500, headers: {}, text: "" }
        : answer;
    const done = await send(on, action, headers, csrf);
    expect(titles(done.text)).toEqual(["0 deleted", "Not gone yet: 2"]);
    expect(visibleText(done.text)).toContain("2 not gone yet: a host goes on with them.");
  });

  it("a cloud that does not answer is told, and that there is no such plan", async () => {
    const headers = await signedIn(on, "admin");
    const none = await get("/clean-up/4x7k0q2m9s1c/apply", headers);
    expect(none.status).toBe(404);
    expect(visibleText(none.text)).toContain("There is no plan 4x7k0q2m9s1c");
    const { csrf } = await asked(headers);
    const sent = await send(on, "/clean-up/4x7k0q2m9s1c/apply", headers, csrf);
    expect(sent.status).toBe(404);
    s.on.onAnswer = () => ({ kind: "failure", sent: false, reason: "no route to the cloud" });
    const failed = await get("/clean-up", headers);
    expect(failed.status).toBe(502);
    expect(visibleText(failed.text)).toContain("no route to the cloud");
  });

  describe("who lacks the role sees what role it takes, and no plan", () => {
    it.each([
      ["run", null, "/clean-up", "run-all has the role run, and to clean up takes admin"],
      ["run", null, "/recipes/web/clean-up", "has the role run, and to clean up takes admin"],
      ["admin", ["web"], "/clean-up", "Token admin-web is not good for all recipes together"],
    ] as const)("%s of %j at %s", async (role, recipes, path, said) => {
      const headers = await signedIn(on, role, recipes === null ? null : [...recipes]);
      expect(linksOf((await get("/", headers)).text)).not.toContain("/clean-up");
      const { status, text } = await get(path, headers);
      expect(status).toBe(403);
      expect(visibleText(text)).toContain(said);
      for (const id of s.old) expect(text).not.toContain(id);
    });

    it("a recipe that somebody may not see is not there for them", async () => {
      const headers = await signedIn(on, "admin", ["web"]);
      const [hidden, none] = [
        await get("/recipes/db/clean-up", headers),
        await get("/recipes/nix/clean-up", headers),
      ];
      expect([hidden.status, none.status]).toEqual([404, 404]);
      expect(hidden.text.replaceAll("db", "nix")).toBe(none.text);
    });

    it("who did not sign in is led to the sign-in", async () => {
      const answer = await get("/clean-up", OWN);
      expect([answer.status, answer.headers["location"]]).toEqual([
        303,
        "/sign-in?next=%2Fclean-up",
      ]);
    });

    it("a program without a page gets the problem", async () => {
      const { text } = await on.token("run");
      const headers = { ...OWN, accept: "*/*", authorization: `Bearer ${text}` };
      expect((await get("/clean-up", headers)).body).toMatchObject({
        error: { code: "role-too-small" },
      });
    });
  });

  describe("nothing is deleted", () => {
    it.each([
      ["without a CSRF token", {}, ""],
      ["with a forged one", {}, "x".repeat(43)],
      ["from another origin", { origin: "https://evil.example" }, null],
      ["from another site", { "sec-fetch-site": "cross-site" }, null],
    ])("%s", async (_, more, forged) => {
      const headers = await signedIn(on, "admin");
      const { action, csrf } = await asked(headers);
      const answer = await send(on, action, { ...headers, ...more }, forged ?? csrf);
      expect(answer.status).toBe(403);
      expect(s.stored()).toEqual([true, true]);
    });

    it.each([
      ["run", null],
      ["admin", ["web"]],
    ] as const)("by %s of %j who knows the plan of all", async (role, recipes) => {
      await get("/clean-up", await signedIn(on, "admin"));
      const headers = await signedIn(on, role, recipes === null ? null : [...recipes]);
      const action = `/clean-up/${s.plan}/apply`;
      const csrf = csrfFor((await get("/", headers)).text, "/sign-out");
      expect((await get(action, headers)).status).toBe(403);
      expect((await send(on, action, headers, csrf)).status).toBe(403);
      expect(s.stored()).toEqual([true, true]);
    });

    it.each(["/clean-up", "/clean-up/PLAN", "/clean-up/PLAN/apply/x", "/clean-up//apply"])(
      "at %s",
      async (path) => {
        const headers = await signedIn(on, "admin");
        const { csrf } = await asked(headers);
        const answer = await send(on, path.replace("PLAN", s.plan), headers, csrf);
        expect([400, 404, 405]).toContain(answer.status);
        expect(s.stored()).toEqual([true, true]);
      },
    );
  });
});

describe("on a host without clouds", () => {
  it("an admin sees how to run it elsewhere, also for a recipe that is in recipes.yml no more", async () => {
    const on = (site = await openSite());
    await putState(on.store, recipeState({ recipeName: "gone" }));
    const headers = await signedIn(on, "admin");
    const all = await on.ask("GET", "/clean-up", { headers });
    expect([all.status, titles(all.text)]).toEqual([200, ["Clean-up"]]);
    expect(visibleText(all.text)).toContain("This page reads no clouds.");
    const recipe = await on.ask("GET", "/recipes/gone", { headers });
    expect(linksOf(recipe.text)).toContain("/recipes/gone/clean-up");
    const gone = await on.ask("GET", "/recipes/gone/clean-up", { headers });
    expect(visibleText(gone.text)).toContain("regild clean-up --recipe gone");
    const plan = await on.ask("GET", "/clean-up/4x7k0q2m9s1c/apply", { headers });
    expect(plan.status).toBe(409);
    expect(visibleText(plan.text)).toContain("Run regild clean-up on a machine with clouds.yaml");
  });
});

describe("with a plan as it may be", () => {
  const row = (id: string, is: Partial<CleanUpRowView>): CleanUpRowView => ({
    kind: "image",
    id,
    name: id,
    size_gib: 1,
    cloud: "c",
    region_name: null,
    services: [],
    recipe: null,
    fate: "report",
    why: "not made by Regild",
    in_use_by: [],
    run: null,
    ...is,
  });

  /** A host whose every plan is this one, and refused with that message. */
  async function openWith(rows: CleanUpRowView[], message: string): Promise<OpenedSite> {
    const document: CleanUpDocument = { ...viewCleanUp({ id: "p", recipe: null, rows: [] }), rows };
    document.counts.delete = rows.filter(({ fate }) => fate === "delete").length;
    const cleanUp: CleanUpActions = {
      plan: async () => document,
      stored: async () => document,
      apply: async () => {
        throw new Refused(409, "plan-outdated", message);
      },
    };
    return (site = await openSite({ cleanUp }));
  }

  it.each(PAYLOADS)(
    "%s as every name and message is text, and nothing else",
    async (_, text, seen) => {
      const names = { name: text, cloud: text, region_name: text, services: [text], recipe: text };
      const odd = { ...names, why: text, in_use_by: [text] };
      const rows = [row(text, { ...odd, fate: "delete" }), row("b", { ...odd, fate: "report" })];
      const on = await openWith(rows, text);
      const headers = await signedIn(on, "admin");
      const plan = await on.ask("GET", "/clean-up", { headers });
      const question = await on.ask("GET", "/clean-up/p/apply", { headers });
      const csrf = csrfFor(question.text, "/clean-up/p/apply");
      const refused = await send(on, "/clean-up/p/apply", headers, csrf);
      expect([plan.status, question.status, refused.status]).toEqual([200, 200, 409]);
      for (const { text: html } of [plan, question, refused]) {
        expect(runnable(html)).toEqual([]);
        expect(elementsOf(html).filter(({ tag }) => tag === "script")).toHaveLength(1);
        expect(html).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u);
        expect(visibleText(html)).toContain(seen.replaceAll(/\s+/g, " "));
      }
    },
  );

  it("everything that goes is shown, and a bounded part of the rest", async () => {
    const many = (fate: CleanUpRowView["fate"]) =>
      Array.from({ length: 1000 }, (_, index) => row(`${fate}-${index}.`, { fate }));
    const on = await openWith([...many("delete"), ...many("keep"), ...many("report")], "x");
    const headers = await signedIn(on, "admin");
    const { text } = await on.ask("GET", "/clean-up", { headers });
    const count = (fate: string) => new Set(text.match(new RegExp(`${fate}-\\d+\\.`, "g"))).size;
    expect([count("delete"), count("keep"), count("report")]).toEqual([1000, 200, 200]);
    expect(titles(text)).toContain("Stays: 1000");
    expect(visibleText(text)).toContain("800 more: regild clean-up --dry-run lists all.");
  });

  it("without anything in it says so", async () => {
    const on = await openWith([], "x");
    const { text } = await on.ask("GET", "/clean-up", { headers: await signedIn(on, "admin") });
    expect(visibleText(text)).toContain("There is nothing to clean up, and nothing to report.");
    expect(applyLink(text)).toBe("");
  });
});
