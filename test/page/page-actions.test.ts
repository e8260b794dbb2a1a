import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recipeStateOf, runOf } from "../../local/view/read.ts";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import {
  candidate,
  HOUR_MS,
  image,
  NOW_MS,
  recipe,
  recipeState,
  run,
  WEB,
} from "../cli/records.ts";
import { PASSED } from "../unit/builders.ts";
import { putRun, putState } from "./filled-store.ts";
import { elementsOf, visibleText } from "./parsed.ts";

const FORM = "application/x-www-form-urlencoded";
const OWN = { host: "localhost:1", origin: "http://localhost:1", accept: "text/html" };
const ASKS = recipe("asks", "server: web-golden, inputs: { version: {} }");
const IMAGES = [
  image("old", { promotedAtMs: NOW_MS - 9e6, retiredAtMs: NOW_MS - 5e6 }),
  image("new", { state: "current" }),
];

let site: OpenedSite;
beforeEach(async () => {
  site = await openSite({ recipes: [WEB, ASKS] });
  await putState(site.store, recipeState({ current: "new", shown: "new", images: IMAGES, seq: 4 }));
});
afterEach(() => site.close());

type Role = Parameters<OpenedSite["token"]>[0];

/** The headers of somebody who signed in with a new token. */
async function signedIn(role: Role): Promise<{ cookie: string } & typeof OWN> {
  const { text } = await site.token(role);
  const headers = { ...OWN, "content-type": FORM };
  const answer = await site.ask("POST", "/sign-in", { headers, body: `token=${text}` });
  return { ...OWN, cookie: answer.headers["set-cookie"]?.split(";")[0] ?? "" };
}

async function page(path: string, headers: Record<string, string>): Promise<string> {
  return (await site.ask("GET", path, { headers })).text;
}

/** The forms of a page: where each is sent, with its hidden fields. */
function formsOf(html: string): Array<{ action: string; fields: Record<string, string> }> {
  const forms: ReturnType<typeof formsOf> = [];
  for (const { tag, attributes } of elementsOf(html)) {
    if (tag === "form") forms.push({ action: attributes["action"] ?? "", fields: {} });
    const fields = forms.at(-1)?.fields;
    if (tag === "input" && fields !== undefined) {
      fields[attributes["name"] ?? ""] = attributes["value"] ?? "";
    }
  }
  return forms;
}

const send = (action: string, headers: Record<string, string>, fields: Record<string, string>) =>
  site.ask("POST", action, {
    headers: { ...headers, "content-type": FORM },
    body: new URLSearchParams(fields).toString(),
  });

const activeRun = async () => (await recipeStateOf(site.store, "web"))?.activeRun ?? null;
const runs = async () => (await site.store.range("R#web", "run#", 9)).items.length;

async function form(path: string, action: string, headers: Record<string, string>) {
  const found = formsOf(await page(path, headers)).find((each) => each.action === action);
  if (found === undefined) throw new Error(`${path} has no form for ${action}`);
  return found;
}

describe("a person with the role run", () => {
  it("refreshes a recipe, once however often the button is pressed", async () => {
    const headers = await signedIn("run");
    const { action, fields } = await form("/recipes/web", "/recipes/web/refresh", headers);
    const answer = await send(action, headers, fields);
    expect(answer.status).toBe(303);
    expect(answer.headers["location"]).toMatch(/^\/runs\/web-\d{8}-/);
    expect((await send(action, headers, fields)).headers["location"]).toBe(
      answer.headers["location"],
    );
    expect(await runs()).toBe(1);
    const run = await page(answer.headers["location"] ?? "", headers);
    expect(visibleText(run)).toContain("run-all (token)");
  });

  it("cancels a run after a question", async () => {
    const headers = await signedIn("run");
    const refresh = await form("/recipes/web", "/recipes/web/refresh", headers);
    const started = await send(refresh.action, headers, refresh.fields);
    const path = started.headers["location"] ?? "";
    expect(await page(path, headers)).toContain(`href="${path}/cancel"`);
    const { action, fields } = await form(`${path}/cancel`, `${path}/cancel`, headers);
    expect((await send(action, headers, fields)).headers["location"]).toBe(path);
    expect(visibleText(await page(path, headers))).toMatch(/being cancelled|cancelled/);
  });

  it("pauses a recipe with a reason, sees it, and ends the pause", async () => {
    const headers = await signedIn("run");
    const { action, fields } = await form("/recipes/web/pause", "/recipes/web/pause", headers);
    await send(action, headers, { ...fields, reason: "the storage moves" });
    expect(visibleText(await page("/recipes/web", headers))).toContain("the storage moves");
    expect(visibleText(await page("/", headers))).toContain("paused");
    expect(formsOf(await page("/recipes/web", headers)).map(({ action }) => action)).not.toContain(
      "/recipes/web/refresh",
    );
    const refused = await send("/recipes/web/refresh", headers, fields);
    expect(refused.status).toBe(409);
    const resume = await form("/recipes/web", "/recipes/web/resume", headers);
    await send(resume.action, headers, resume.fields);
    expect(visibleText(await page("/recipes/web", headers))).not.toContain("the storage moves");
    expect(await form("/recipes/web", "/recipes/web/refresh", headers)).toBeDefined();
  });

  it("gives the inputs of a recipe, and is told what is wrong with them", async () => {
    const headers = await signedIn("run");
    const { action, fields } = await form("/recipes/asks", "/recipes/asks/refresh", headers);
    const refused = await send(action, headers, fields);
    expect(refused.status).toBe(422);
    expect(visibleText(refused.text)).toContain("input version is missing");
    const answer = await send(action, headers, { ...fields, "input.version": "1.4.2" });
    expect(answer.status).toBe(303);
  });

  it("is offered no pin, and cannot send one", async () => {
    const headers = await signedIn("run");
    expect(await page("/recipes/web", headers)).not.toContain("/recipes/web/pin");
    const { fields } = await form("/recipes/web", "/recipes/web/refresh", headers);
    const is = { ...fields, image: "old", reason: "x" };
    expect((await send("/recipes/web/pin", headers, is)).status).toBe(403);
    expect((await send("/recipes/web/unpin", headers, is)).status).toBe(403);
  });

  it("is not offered a rollback, and cannot send one", async () => {
    const headers = await signedIn("run");
    expect(await page("/recipes/web", headers)).not.toContain("/recipes/web/rollback");
    const { fields } = await form("/recipes/web", "/recipes/web/refresh", headers);
    const answer = await send("/recipes/web/rollback", headers, {
      ...fields,
      image: "old",
      from: "new",
    });
    expect(answer.status).toBe(403);
    expect((await recipeStateOf(site.store, "web"))?.pointerRequests).toEqual([]);
  });
});

describe("a person with the role admin", () => {
  it("pins an image with a reason, sees it, and unpins it", async () => {
    const headers = await signedIn("admin");
    expect(await page("/recipes/web", headers)).toContain('href="/recipes/web/pin?image=old"');
    const pin = await form("/recipes/web/pin?image=old", "/recipes/web/pin", headers);
    expect((await send(pin.action, headers, pin.fields)).status).toBe(422);
    const answer = await send(pin.action, headers, { ...pin.fields, reason: "4.2 runs on it" });
    expect([answer.status, answer.headers["location"]]).toEqual([303, "/recipes/web"]);
    expect(visibleText(await page("/recipes/web", headers))).toContain("4.2 runs on it");
    const pinned = async () =>
      (await recipeStateOf(site.store, "web"))?.images.find(({ id }) => id === "old")?.pinned;
    expect(await pinned()).toMatchObject({ by: "admin-all (token)", reason: "4.2 runs on it" });
    const unpin = await form("/recipes/web", "/recipes/web/unpin", headers);
    expect(unpin.fields).toMatchObject({ image: "old" });
    expect((await send(unpin.action, headers, unpin.fields)).status).toBe(303);
    expect(await pinned()).toBeNull();
  });

  it("is asked about a rollback, which then stands in the recipe's record", async () => {
    const headers = await signedIn("admin");
    const shelf = await page("/recipes/web", headers);
    expect(shelf).toContain("/recipes/web/rollback?image=old");
    const { action, fields } = await form(
      "/recipes/web/rollback?image=old",
      "/recipes/web/rollback",
      headers,
    );
    expect(fields).toMatchObject({ image: "old", from: "new" });
    const sent = send(action, headers, { ...fields, reason: "the new one does not boot" });
    await expect
      .poll(async () => (await recipeStateOf(site.store, "web"))?.pointerRequests)
      .toMatchObject([{ kind: "rollback", imageId: "old", reason: "the new one does not boot" }]);
    // Nobody works here: the form is answered all the same, however late it began to wait.
    const passing = setInterval(() => (site.clock.nowMs += 60_000), 50);
    expect((await sent).headers["location"]).toBe("/recipes/web");
    clearInterval(passing);
  });
});

describe("a run that waits for approval", () => {
  const waiting = run({
    recipe: recipe("web", "server: web-golden, promote: approve"),
    step: "promote-image",
    imageName: "web-20261123",
    candidate: candidate({ activeAtMs: NOW_MS }),
    tests: [{ ...PASSED, zone: "az1", consoleTail: "Started nginx | golden login:" }],
    approval: {
      askedAtMs: NOW_MS,
      untilMs: NOW_MS + HOUR_MS,
      leftMs: HOUR_MS,
      against: { id: "new", name: "web-new" },
      differences: [{ what: "os_version", current: "12.7", candidate: "12.8" }],
      decision: null,
    },
  });
  const path = `/runs/${waiting.id}`;
  const answered = async () =>
    (await runOf(site.store, waiting.id))?.run.approval?.decision ?? null;
  beforeEach(() => putRun(site.store, waiting));

  it("shows what differs, and takes the answer of an admin, once", async () => {
    const headers = await signedIn("admin");
    const text = visibleText(await page(path, headers));
    expect(text).toMatch(/Test boot\s*booted in az1 in 40 s, printed "golden login:"/);
    expect(text).toMatch(/End of its console\s*Started nginx \| golden login:/);
    expect(text).toMatch(/What\s*Current: web-new\s*Candidate\s*os_version\s*12\.7\s*12\.8/);
    const { action, fields } = await form(path, `${path}/approve`, headers);
    expect((await send(action, headers, fields)).headers["location"]).toBe(path);
    expect(await answered()).toMatchObject({ kind: "approved", by: "admin-all (token)" });
    const again = await send(`${path}/reject`, headers, { ...fields, reason: "no" });
    expect(again.status).toBe(409);
    expect(visibleText(again.text)).toContain("was approved by admin-all (token) already");
  });

  it("is one click away from the list of recipes", async () => {
    const links = elementsOf(await page("/", OWN)).filter(({ attributes }) => {
      return attributes["href"] === path && attributes["class"] === "more";
    });
    expect(links.map(({ text }) => text)).toEqual(["Compare the images and answer"]);
  });

  it("is rejected with a reason, and not without", async () => {
    const headers = await signedIn("admin");
    const { action, fields } = await form(path, `${path}/reject`, headers);
    expect((await send(action, headers, fields)).status).toBe(422);
    expect(await answered()).toBeNull();
    await send(action, headers, { ...fields, reason: "it does not boot" });
    expect(await answered()).toMatchObject({ kind: "rejected", reason: "it does not boot" });
  });

  it("takes no answer of somebody who may only start runs", async () => {
    const headers = await signedIn("run");
    expect(await page(path, headers)).not.toContain(`${path}/approve`);
    const { fields } = await form(path, "/sign-out", headers);
    expect((await send(`${path}/approve`, headers, fields)).status).toBe(403);
    expect(await answered()).toBeNull();
  });
});

it("an address where nothing is answers a browser with a page, and a program with JSON", async () => {
  const browser = await site.ask("GET", "/recipes/web/nowhere", { headers: OWN });
  expect([browser.status, browser.headers["content-type"]]).toEqual([
    404,
    expect.stringContaining("text/html"),
  ]);
  expect(visibleText(browser.text)).toContain("No page has this address");
  const headers = { host: "localhost:1", accept: "application/json" };
  const program = await site.ask("GET", "/recipes/web/nowhere", { headers });
  expect([program.status, program.headers["content-type"]]).toEqual([
    404,
    expect.stringContaining("application/problem+json"),
  ]);
});

describe("nothing is done", () => {
  it("for a person who did not sign in: they read, without a form but the sign-in", async () => {
    expect(formsOf(await page("/recipes/web", OWN))).toEqual([]);
    expect((await send("/recipes/web/refresh", OWN, {})).status).toBe(401);
    expect(await activeRun()).toBeNull();
  });

  it("for a person who may only read", async () => {
    const headers = await signedIn("read");
    expect(formsOf(await page("/recipes/web", headers)).map(({ action }) => action)).toEqual([
      "/sign-out",
    ]);
    const { fields } = await form("/recipes/web", "/sign-out", headers);
    expect((await send("/recipes/web/refresh", headers, fields)).status).toBe(403);
    expect(await activeRun()).toBeNull();
  });

  it.each([
    ["without a CSRF token", {}, {}],
    ["with a forged one", {}, { csrf: "x".repeat(43) }],
    ["from another origin", { origin: "https://evil.example" }, null],
    ["from another site", { "sec-fetch-site": "cross-site" }, null],
    ["as JSON", { "content-type": "application/json" }, null],
  ])("%s", async (_, more, fields) => {
    const headers = await signedIn("admin");
    const good = await form("/recipes/web", "/recipes/web/refresh", headers);
    const answer = await site.ask("POST", good.action, {
      headers: { ...headers, "content-type": FORM, ...more },
      body: new URLSearchParams(fields ?? good.fields).toString(),
    });
    expect([403, 415]).toContain(answer.status);
    expect(await activeRun()).toBeNull();
  });

  it("with the CSRF token of somebody else's sign-in", async () => {
    const [mine, theirs] = [await signedIn("run"), await signedIn("admin")];
    const { action, fields } = await form("/recipes/web", "/recipes/web/refresh", theirs);
    expect((await send(action, mine, fields)).status).toBe(403);
  });

  it.each([
    "/recipes/web/destroy",
    "/recipes/web/constructor",
    "/recipes//refresh",
    "/recipes/web/refresh/x",
    "/runs/web/refresh",
  ])("at %s", async (path) => {
    const headers = await signedIn("admin");
    const { fields } = await form("/recipes/web", "/recipes/web/refresh", headers);
    expect([400, 404, 405]).toContain((await send(path, headers, fields)).status);
    expect(await activeRun()).toBeNull();
  });
});
