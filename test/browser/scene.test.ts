import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveHttp } from "../../local/http-server.ts";
import { pageSite } from "../../local/page/page-site.ts";
import { siteOf } from "../access/opened-site.ts";
import { scene, sceneAnswers } from "../page/scene.ts";
import { axeFaults, openBrowser, openPage, screenshot, sideways } from "./browser.ts";

process.env["TZ"] = "UTC";

const PAGES = [
  ["recipes", "/"],
  ["recipe", "/recipes/web"],
  ["runs", "/runs"],
  ["run at work", "/runs/web"],
  ["failed run", "/runs/db-20261123-033600-b7x2wd"],
  ["no such recipe", "/recipes/wbe"],
] as const;
const SIZES = [
  ["wide", { width: 1280, height: 800 }],
  ["phone", { width: 375, height: 700 }],
] as const;

let browser: Browser;
let served: Awaited<ReturnType<typeof serveHttp>>;
beforeAll(async () => {
  browser = await openBrowser();
  const records = await scene();
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const site = siteOf(records, { pages: pageSite(records, sceneAnswers()) });
  served = await serveHttp({ site, log }, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  describe.each(SIZES)("on a %s screen", (size, viewport) => {
    it.each(PAGES)("the page %s is sound, and needs no scrolling sideways", async (name, path) => {
      await using watched = await openPage(browser, `${served.url}${path}`, {
        colorScheme,
        viewport,
      });
      const { page, faults } = watched;
      await screenshot(page, `${name}-${size}-${colorScheme}`);
      expect(await sideways(page)).toBe(0);
      expect(await axeFaults(page)).toEqual([]);
      expect(faults).toHaveLength(name === "no such recipe" ? 1 : 0); // the browser notes a 404
    });
  });
});

it("axe finds what is wrong with a page", async () => {
  await using watched = await openPage(browser, served.url);
  const { page } = watched;
  await page.evaluate("document.querySelector('.strip a').removeAttribute('aria-label')");
  expect(await axeFaults(page)).toEqual([expect.stringMatching(/^serious link-name/)]);
});

describe("the strip of a recipe's last runs", () => {
  const strip = (page: Page) =>
    page.getByRole("group", { name: "The last 30 runs of jump-host, oldest first" });

  it("has a link for each bar as soon as the mouse points at it", async () => {
    await using watched = await openPage(browser, served.url);
    const { page, faults } = watched;
    await strip(page).hover();
    const bars = strip(page).getByRole("link");
    expect(await bars.count()).toBe(30);
    expect(await axeFaults(page)).toEqual([]);
    const name = await bars.nth(26).getAttribute("aria-label");
    expect(name).toMatch(/^succeeded, started .*, \d+ min/);
    const box = await strip(page).boundingBox();
    if (box === null) throw new Error("the strip is not shown");
    await page.mouse.click(box.x + (box.width * 26.5) / 30, box.y + 3);
    await page.waitForURL("**/runs/jump-host-20261120-*");
    expect(faults).toEqual([]);
  });

  it.each([
    ["without JavaScript", { javaScriptEnabled: false }, "click"],
    ["under a finger", { hasTouch: true, viewport: { width: 375, height: 700 } }, "tap"],
  ] as const)("%s is one link, to the runs of the recipe", async (_, options, follow) => {
    await using watched = await openPage(browser, served.url, options);
    const { page, faults } = watched;
    const links = strip(page).getByRole("link");
    expect(await links.getAttribute("aria-label")).toMatch(
      /^Runs of jump-host: \d+ succeeded(, \d \w+)*$/,
    );
    await links[follow]();
    await page.waitForURL("**/runs?recipe=jump-host");
    expect(faults).toEqual([]);
  });
});

describe("with the keyboard", () => {
  it("each recipe's bars are one stop, and arrow keys go from bar to bar", async () => {
    await using watched = await openPage(browser, served.url);
    const { page } = watched;
    const bars = page
      .getByRole("group", { name: "The last 30 runs of jump-host, oldest first" })
      .getByRole("link");
    await bars.last().focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/runs/jump-host-20261120-*");
    expect(await page.getByRole("heading", { level: 2, name: "Steps" }).isVisible()).toBe(true);
  });

  it("the first stop leads to the content", async () => {
    await using watched = await openPage(browser, served.url);
    const { page } = watched;
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
  });
});

it("a button copies the id of the current image", async () => {
  await using watched = await openPage(browser, served.url, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { page } = watched;
  const row = page.locator("#recipe-db");
  await row.getByRole("button", { name: "Copy the id of the image" }).click();
  const id = await row.locator("code").innerText();
  expect(id).toMatch(/^[\da-f-]{36}$/);
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(id);
});

it("without JavaScript the failed run is found and understood in two clicks", async () => {
  await using watched = await openPage(browser, served.url, { javaScriptEnabled: false });
  const { page, faults } = watched;
  expect(await page.getByText("2 NEED YOU").isVisible()).toBe(true);
  await page.getByRole("link", { name: "See the failed run" }).click();
  const report = page.locator(".report");
  await expect
    .poll(() => report.innerText())
    .toContain("the cloud could not store what was uploaded");
  expect(await report.innerText()).toContain("req-0d5f0f6b-46c3-4b7b-a6a3-33d1c1a2ab44");
  expect(await report.innerText()).toContain("Then: regild refresh db");
  expect(faults).toEqual([]);
});
