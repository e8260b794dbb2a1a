import { request } from "node:http";
import type { Browser } from "playwright-core";
import * as z from "zod/mini";

/** Milliseconds from the request to the first byte of the answer's body. */
export function firstByteMs(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const askedAtMs = performance.now();
    const sent = request(url, { headers: { accept: "text/html" } }, (response) => {
      response.once("data", () => resolve(performance.now() - askedAtMs));
      response.resume();
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Milliseconds from the navigation until chromium has laid out and painted the whole page, with a warm cache of its files. */
export async function renderedMs(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(new URL("/sign-in", url).href);
    await page.goto(url, { waitUntil: "load" });
    return z.number().parse(await page.evaluate(PAINTED));
  } finally {
    await context.close();
  }
}

/** The second frame after the page was loaded is drawn when all before it was. */
const PAINTED = `new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))))`;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
