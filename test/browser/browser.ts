import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import * as z from "zod/mini";

/** Debian's chromium; another one by REGILD_CHROMIUM. */
const CHROMIUM = process.env["REGILD_CHROMIUM"] ?? "/usr/bin/chromium";
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: QUIET });
}

/** A page, and what went wrong in it. */
export interface Watched extends AsyncDisposable {
  page: Page;
  context: BrowserContext;
  /** Errors and warnings of the console, exceptions, and requests to other hosts than the page's own. */
  faults: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(request.url());
  });
  await page.goto(url);
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const violations = z.array(
  z.object({
    id: z.string(),
    impact: z.nullable(z.string()),
    nodes: z.array(z.object({ html: z.string() })),
  }),
);

/** What axe finds on a page: rule and first element. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate("axe.run().then(({ violations }) => violations)");
  return violations.parse(found).map(({ id, impact, nodes }) => {
    return `${impact ?? ""} ${id}: ${nodes[0]?.html ?? ""}`;
  });
}

/** How much wider than the window the page is, in pixels. */
export async function sideways(page: Page): Promise<number> {
  const wider = await page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  return z.number().parse(wider);
}

/** Into the folder that REGILD_SCREENSHOTS names; without it, nowhere. */
export async function screenshot(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = process.env["REGILD_SCREENSHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
}
