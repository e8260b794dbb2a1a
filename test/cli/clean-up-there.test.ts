import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CleanUpDocument, cleanUpDocument } from "../../local/view/clean-up.ts";
import { newTokenDocument } from "../../local/view/tokens.ts";
import { recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { elementsOf, visibleText } from "../page/parsed.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

describe("regild clean-up on another host", { timeout: 120_000 }, () => {
  let host: Workplace;
  let elsewhere: Workplace;
  const env: NodeJS.ProcessEnv = {};
  beforeAll(async () => {
    host = await openWorkplace();
    host.write(
      "recipes.yml",
      "recipes: { web: { cloud: demo, server: web, keep: 1, cooling_off: 0s }, data: { cloud: demo, volume: data } }",
    );
    const serving = host.begin("serve", "--listen", "127.0.0.1:0");
    await serving.said('"serving"');
    elsewhere = await openWorkplace({}, env);
    env["REGILD_URL"] = /"url":"([^"]+)"/.exec(serving.out())?.[1] ?? "";
    env["REGILD_TOKEN"] = await token("admin");
    await elsewhere.regild("refresh", "web", "--wait");
  }, 120_000);
  afterAll(async () => {
    await elsewhere[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  async function token(role: string, ...more: string[]): Promise<string> {
    const name = `t${Math.random().toString(36).slice(2)}`;
    const made = await host.regild("token", "create", name, "--role", role, ...more, "-o", "json");
    return newTokenDocument.parse(JSON.parse(made.out)).secret;
  }
  const with_ = async (secret: string, ...args: string[]) => {
    const before = env["REGILD_TOKEN"];
    env["REGILD_TOKEN"] = secret;
    try {
      return await elsewhere.regild("clean-up", ...args);
    } finally {
      env["REGILD_TOKEN"] = before;
    }
  };
  /**
   * A retired image that is in use is looked at once more when its run has ended, and then an hour later. Only in between
   * does the host leave it to the clean-up.
   */
  const restsForAnHour = async () => {
    using db = new DatabaseSync(join(host.folder, "regild.sqlite"), { readOnly: true });
    const head = db.prepare("SELECT doc FROM item WHERE pk = 'R#web' AND sk = 'head'");
    const retryAtMs = () =>
      recipeStateSchema.parse(JSON.parse(String(head.get()?.["doc"]))).retryAtMs;
    await expect.poll(retryAtMs, { timeout: 60_000 }).toBeGreaterThan(Date.now() + 1_800_000);
  };
  const images = () => [...host.cloud.world.firstZone.images.values()];
  const plan = async (...args: string[]): Promise<CleanUpDocument> => {
    const { out } = await elsewhere.regild("clean-up", "--dry-run", "-o", "json", ...args);
    return cleanUpDocument.parse(JSON.parse(out));
  };

  it("shows the plan of the host, without an id where nothing is to be deleted", async () => {
    const { status, out } = await elsewhere.regild("clean-up");
    expect(out).toContain("the current image of web");
    expect(out).toContain("not made by Regild: regild adopt takes it into a recipe");
    expect(out).toContain("Delete nothing");
    expect(out).not.toContain("Plan ");
    expect(status).toBe(0);
  });

  it("does what the plan says, and refuses when something has changed", async () => {
    const [old] = images().filter(({ name }) => name?.startsWith("web-") === true);
    if (old === undefined) throw new Error("no image");
    const user = host.cloud.operator.addServer({ name: "app-1", image: old });
    const second = await elsewhere.regild("refresh", "web", "--wait");
    expect([second.status, second.err]).toEqual([0, expect.anything()]);
    await restsForAnHour();
    expect((await plan()).counts.delete).toBe(0);
    host.cloud.operator.deleteServer(user.id);
    const { plan: id, rows } = await plan("--recipe", "web");
    expect(rows.find((row) => row.id === old.id)).toMatchObject({ fate: "delete" });
    const again = host.cloud.operator.addServer({ name: "app-2", image: old });
    const refused = await elsewhere.regild("clean-up", "--plan", id);
    expect(refused.err).toContain("since the plan. Nothing was deleted");
    expect(refused.status).toBe(6);
    expect(host.cloud.world.firstZone.images.has(old.id)).toBe(true);
    host.cloud.operator.deleteServer(again.id);
    const nobody = await elsewhere.regild("clean-up", "--recipe", "web");
    expect([nobody.status, nobody.out, nobody.err]).toEqual([
      6,
      expect.stringContaining("Delete 1 image"),
      expect.stringContaining("nobody is there to answer"),
    ]);
    const done = await elsewhere.regild("clean-up", "--recipe", "web", "--yes", "-o", "json");
    expect(cleanUpDocument.parse(JSON.parse(done.out)).done?.deleted).toEqual([old.id]);
    expect(host.cloud.world.firstZone.images.has(old.id)).toBe(false);
  });

  it("the page of regild serve shows the plan of its clouds, and does it", async () => {
    const old = images().find(({ name }) => name?.startsWith("web-") === true);
    if (old === undefined) throw new Error("no image");
    const user = host.cloud.operator.addServer({ name: "app-3", image: old });
    await elsewhere.regild("refresh", "web", "--wait");
    await restsForAnHour();
    host.cloud.operator.deleteServer(user.id);
    const url = env["REGILD_URL"] ?? "";
    const post = async (path: string, fields: Record<string, string>, cookie = "") =>
      fetch(`${url}${path}`, {
        method: "POST",
        redirect: "manual",
        headers: { origin: url, cookie, accept: "text/html" },
        body: new URLSearchParams(fields),
      });
    const signedIn = await post("/sign-in", { token: await token("admin") });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const page = async (path: string) =>
      (await fetch(`${url}${path}`, { headers: { cookie } })).text();

    const planned = elementsOf(await page("/clean-up"));
    const link = planned.find(({ attributes }) => attributes["href"]?.endsWith("/apply") === true);
    const path = link?.attributes["href"] ?? "no link to a plan";
    const question = elementsOf(await page(path));
    const csrf = question.find(({ attributes }) => attributes["name"] === "csrf");
    const done = await post(path, { csrf: csrf?.attributes["value"] ?? "" }, cookie);
    expect([done.status, visibleText(await done.text())]).toEqual([
      200,
      expect.stringContaining("1 deleted"),
    ]);
    expect(host.cloud.world.firstZone.images.has(old.id)).toBe(false);
  });

  it("takes an admin of the recipe, or of all recipes where it is for all", async () => {
    const reader = await with_(await token("run"), "--dry-run");
    expect([reader.status, reader.err]).toEqual([6, expect.stringContaining("takes admin")]);
    const own = await token("admin", "--recipe", "web");
    expect((await with_(own, "--dry-run", "--recipe", "web")).status).toBe(0);
    for (const args of [["--dry-run"], ["--dry-run", "--recipe", "data"]]) {
      const { status, err } = await with_(own, ...args);
      expect([status, err]).toEqual([6, expect.stringContaining("web")]);
    }
  });

  it("says that there is no such plan or recipe", async () => {
    const mistyped = await elsewhere.regild("clean-up", "--recipe", "wbe", "--dry-run");
    expect(mistyped).toMatchObject({ status: 2, out: "" });
    expect(mistyped.err).toContain("No recipe is named wbe, and no image of one is known");
    const { status, err } = await elsewhere.regild("clean-up", "--plan", "4x7k0q2m9s1c");
    expect(err).toContain("There is no plan 4x7k0q2m9s1c");
    expect(status).toBe(2);
  });
});
