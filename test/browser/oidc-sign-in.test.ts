import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openScene, type Scene } from "../oidc/scene.ts";
import { axeFaults, openBrowser, openPage } from "./browser.ts";

let browser: Browser;
let scene: Scene;
beforeAll(async () => {
  browser = await openBrowser();
  scene = await openScene();
});
afterAll(async () => {
  await browser.close();
  await scene[Symbol.asyncDispose]();
});

it("somebody comes back signed in from a provider of another site", async () => {
  const { site, provider } = scene;
  // To a browser localhost and 127.0.0.1 are two sites: the cookie of the session is Strict.
  expect([new URL(site.url).hostname, new URL(provider.issuer).hostname]).toEqual([
    "127.0.0.1",
    "localhost",
  ]);
  await using watched = await openPage(browser, `${site.url}/recipes/web`);
  const { page } = watched;
  expect(page.url()).toContain("/sign-in?next=");
  expect(await axeFaults(page)).toEqual([]);
  await page.getByRole("link", { name: /^Sign in with localhost/ }).click();
  await page.getByPlaceholder("Enter any login").fill("anna");
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(`${site.url}/recipes/web`);
  await page.getByRole("button", { name: "Refresh now" }).click();
  await page.waitForURL("**/runs/web-*");
  expect(await page.getByText("anna (sign-in 55579b55)").isVisible()).toBe(true);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
});
