import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenedSite, openSite } from "../access/opened-site.ts";
import { cleanUpStage } from "../functions/clean-up-stage.ts";
import { axeFaults, openBrowser, openPage, screenshot, sideways } from "./browser.ts";

const PHONE = { width: 375, height: 700 };
const SIZES = [
  ["wide", { width: 1280, height: 800 }],
  ["phone", PHONE],
] as const;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

/** A host on whose cloud two images are to be deleted. */
async function openHost() {
  const installation = await cleanUpStage();
  const recipes = [...installation.on.recipes.values()];
  const site = await openSite({ recipes, cleanUp: installation.host() });
  return { ...installation, site, [Symbol.asyncDispose]: () => site.close() };
}

/** The browser of an admin. */
async function signedIn(site: OpenedSite, options: BrowserContextOptions) {
  const { text } = await site.token("admin");
  const watched = await openPage(browser, `${site.url}/sign-in`, options);
  const { page } = watched;
  await page.getByLabel("Token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${site.url}/`);
  return watched;
}

const title = (page: Page) => page.getByRole("heading", { level: 1 }).innerText();

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  it.each(SIZES)("on a %s screen each page of a clean-up is sound", async (size, viewport) => {
    await using host = await openHost();
    await using watched = await signedIn(host.site, { colorScheme, viewport });
    const { page, faults } = watched;
    const isSound = async (name: string) => {
      await screenshot(page, `clean-up-${name}-${size}-${colorScheme}`);
      expect([name, await sideways(page)]).toEqual([name, 0]);
      expect([name, await axeFaults(page)]).toEqual([name, []]);
    };
    await page.getByRole("link", { name: "Clean-up" }).click();
    expect(await title(page)).toBe("Clean-up");
    await isSound("plan");
    await page.getByRole("link", { name: "Delete these …" }).click();
    expect(await title(page)).toBe("Delete 2 images?");
    await isSound("question");

    const image = host.on.cloud.world.firstZone.images.get(host.old[0] ?? "");
    if (image === undefined) throw new Error("no image");
    host.on.cloud.operator.addServer({ name: "user", image });
    await page.getByRole("button", { name: "Delete them" }).click();
    await page.getByRole("alert").getByText("Nothing was deleted").waitFor();
    await isSound("refused");

    await page.getByRole("link", { name: "Delete these …" }).click();
    await page.getByRole("button", { name: "Delete them" }).click();
    await page.getByRole("heading", { level: 1, name: "1 deleted" }).waitFor();
    await isSound("done");
    expect(host.stored()).toEqual([true, false]);
    expect(faults).toEqual([expect.stringContaining("409")]); // the browser notes the refusal
  });
});

it("without JavaScript an admin cleans up one recipe on a phone", async () => {
  await using host = await openHost();
  const options = { javaScriptEnabled: false, viewport: PHONE };
  await using watched = await signedIn(host.site, options);
  const { page, faults } = watched;
  await page.goto(`${host.site.url}/recipes/web`);
  await page.getByRole("link", { name: "Clean up …" }).click();
  expect(await title(page)).toBe("Clean-up of web");
  expect(await page.getByText("older than the one image to keep").isVisible()).toBe(true);
  await page.getByRole("link", { name: "Delete these …" }).click();
  expect(host.stored()).toEqual([true, true]);
  await page.getByRole("button", { name: "Delete them" }).click();
  await page.getByRole("heading", { level: 1, name: "1 deleted" }).waitFor();
  expect(await sideways(page)).toBe(0);
  expect(host.stored()).toEqual([true, false]);
  expect(faults).toEqual([]);
});

it("where no clouds are read the page says how to clean up elsewhere", async () => {
  const site = await openSite();
  try {
    await using watched = await signedIn(site, { viewport: PHONE });
    const { page } = watched;
    await page.getByRole("link", { name: "Clean-up" }).click();
    expect(await page.getByText("regild clean-up", { exact: true }).isVisible()).toBe(true);
    expect(await sideways(page)).toBe(0);
    expect(await axeFaults(page)).toEqual([]);
  } finally {
    await site.close();
  }
});
