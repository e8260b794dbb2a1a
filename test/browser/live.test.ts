import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { openWorkplace } from "../cli/workplace.ts";
import { openBrowser, openPage, screenshot } from "./browser.ts";

const RECIPES = `
defaults: { cloud: demo }
recipes:
  web: { server: web, prepare: { stop_server: true } }
  data: { volume: data }
  ghost: { server: nosuch }
`;
const LIVE_MS = { timeout: 20_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

describe("while regild serve works", () => {
  it("the page follows a run to its end, and a failed run is understood in two clicks", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    place.write("recipes.yml", RECIPES);
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said("serving");
    const [line = ""] = host.out().split("\n");
    const { url } = z.object({ url: z.string() }).parse(JSON.parse(line));
    await using watched = await openPage(browser, url);
    const { page, faults } = watched;
    const web = page.locator("#recipe-web");
    await expect.poll(() => page.locator(".verdict").innerText(), LIVE_MS).toContain("1 NEEDS YOU");
    expect(await page.locator("#needs").innerText()).toContain(
      "The next run would fail. ghost.server",
    );

    expect(await place.regild("refresh", "web")).toMatchObject({ status: 0 });
    await expect.poll(() => web.innerText(), LIVE_MS).toContain("check-status");
    await expect.poll(() => web.innerText(), LIVE_MS).toContain("web is SWITCHED OFF for");
    await screenshot(page, "live-at-work");
    place.pass(600);
    await expect.poll(() => web.innerText(), LIVE_MS).toMatch(/✓ succeeded/);

    expect(await place.regild("refresh", "ghost")).toMatchObject({ status: 0 });
    const failed = page.getByRole("link", { name: "See the failed run" });
    await failed.click(LIVE_MS);
    await expect
      .poll(() => page.locator(".report").innerText())
      .toContain('No server is named "nosuch"');
    expect(await page.locator(".report").innerText()).toContain("openstack server list");
    await screenshot(page, "live-failed-run");
    expect(faults).toEqual([]);

    host.kill("SIGTERM");
    await host.ended;
  });
});
