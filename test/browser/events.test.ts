import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSite, type OpenedSite } from "../access/opened-site.ts";
import { image, recipeState } from "../cli/records.ts";
import { putState } from "../page/filled-store.ts";
import { openBrowser, openPage } from "./browser.ts";

/** A page where nothing is at work asks by itself every 10 seconds. */
const SOONER_THAN_ASKED = { timeout: 7_000, interval: 50 };

let browser: Browser;
let site: OpenedSite;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  site = await openSite();
});
afterEach(async () => {
  site.live.close();
  await site.close();
});

const images = [image("web-1", { name: "web-first", state: "current" })];
const promoted = () => recipeState({ current: "web-1", shown: "web-1", images });

describe("the page", () => {
  it("shows a change as soon as the host tells of it, and lets go of the connection when left", async () => {
    await using watched = await openPage(browser, site.url);
    const { page, faults } = watched;
    await expect.poll(() => site.live.size, SOONER_THAN_ASKED).toBe(1);
    await putState(site.store, promoted());
    const row = page.locator("#recipe-web");
    await expect.poll(() => row.innerText(), SOONER_THAN_ASKED).toContain("web-first");
    await page.goto("about:blank");
    await expect.poll(() => site.live.size, SOONER_THAN_ASKED).toBe(0);
    expect(faults).toEqual([]);
  });

  it("asks again and again where the host tells nobody more", async () => {
    const all = Array.from({ length: 64 }, () => new AbortController());
    const streams = all.map(({ signal }) => fetch(`${site.url}/events`, { signal }));
    await Promise.all(streams);
    await using watched = await openPage(browser, site.url);
    const { page, faults } = watched;
    await putState(site.store, promoted());
    const row = page.locator("#recipe-web");
    await expect.poll(() => row.innerText(), { timeout: 20_000 }).toContain("web-first");
    expect(faults).toEqual([]);
    for (const one of all) one.abort();
  });
});
