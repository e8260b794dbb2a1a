import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type OpenedSite, openSite } from "../access/opened-site.ts";
import { axeFaults, openBrowser, openPage, screenshot } from "./browser.ts";

let browser: Browser;
let site: OpenedSite;
beforeAll(async () => {
  browser = await openBrowser();
  site = await openSite();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

it("somebody signs in, starts a run, and signs out", async () => {
  const { text } = await site.token("run");
  await using watched = await openPage(browser, `${site.url}/recipes/web`);
  const { page, context, faults } = watched;
  expect(await page.getByRole("button").count()).toBe(0);
  await page.getByRole("link", { name: "Sign in" }).click();
  expect(await axeFaults(page)).toEqual([]);
  await page.getByLabel("Token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${site.url}/`);
  expect(await page.evaluate("document.cookie")).toBe("");
  await page.getByRole("link", { name: "web", exact: true }).first().click();
  await screenshot(page, "signed-in");
  expect(await axeFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Refresh now" }).click();
  await page.waitForURL("**/runs/web-*");
  expect(await page.getByText("run-all (token)").isVisible()).toBe(true);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  expect(await context.cookies()).toEqual([]);
  expect(faults).toEqual([]);
});

it("somebody who may only read sees no form, and one made by hand is refused", async () => {
  const { text } = await site.token("read");
  await using watched = await openPage(browser, `${site.url}/sign-in`);
  const { page } = watched;
  await page.getByLabel("Token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${site.url}/`);
  await page.goto(`${site.url}/recipes/web`);
  expect(await page.getByRole("button", { name: "Refresh now" }).count()).toBe(0);
  // The form of the sign-out has the right CSRF token: only the role is missing.
  await page.evaluate(
    "document.querySelector('form[action=\"/sign-out\"]').action = '/recipes/web/refresh'",
  );
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect.poll(() => page.getByRole("heading", { level: 1 }).innerText()).toMatch(/takes run/);
  expect(await axeFaults(page)).toEqual([]);
  const { items } = await site.store.range("R#web", "run#", 9);
  expect(items.filter(({ doc }) => doc.includes("read-all"))).toEqual([]);
});

it("a form with a forged CSRF token is refused, and says so", async () => {
  const { text } = await site.token("admin");
  await using watched = await openPage(browser, `${site.url}/sign-in`);
  const { page } = watched;
  await page.getByLabel("Token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${site.url}/`);
  await page.goto(`${site.url}/recipes/web`);
  // Forged as it is sent: until then, a live update brings the form anew.
  await page.evaluate(
    "document.addEventListener('submit', ({ target }) => { target.querySelector('[name=csrf]').value = 'forged'; })",
  );
  await page.getByRole("button", { name: "Refresh now" }).click();
  await expect
    .poll(() => page.getByRole("heading", { level: 1 }).innerText())
    .toBe("This was not sent by a form of this sign-in");
});
