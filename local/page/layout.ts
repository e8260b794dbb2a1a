import type { HttpAnswer } from "../http-answer.ts";
import { assetPath } from "./assets.ts";
import { html, type Html } from "./html.ts";
import { NOBODY, type Viewer } from "./viewer.ts";

/**
 * Nothing but our own files is loaded or run, no form goes elsewhere, and no other page shows this one in a frame.
 * Source: W3C, Content Security Policy Level 3.
 */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * With `no-referrer` a browser sends `Origin: null` with our own forms, and they would be taken for those of another host.
 * Source: WHATWG Fetch, "append a request Origin header".
 */
const REFERRER_POLICY = "same-origin";

export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
  "referrer-policy": REFERRER_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

export interface PageText {
  title: string;
  body: Html;
  /** How often the script asks for this page again. Null: it does not. */
  refreshSeconds: number | null;
  /** Of the links at the top, the one that this page is. */
  here?: "recipes" | "runs" | "clean-up";
}

export function page(
  { title, body, refreshSeconds, here }: PageText,
  viewer: Viewer = NOBODY,
  status = 200,
): HttpAnswer {
  const text = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Regild</title>
        <link rel="stylesheet" href="${assetPath("page.css")}" />
        <link rel="icon" type="image/svg+xml" href="${assetPath("icon.svg")}" />
        <script src="${assetPath("page.js")}" defer></script>
      </head>
      <body ${refreshSeconds !== null && html`data-refresh-seconds="${refreshSeconds}"`}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="site">
          <nav aria-label="Pages">
            <a class="brand" href="/">Regild</a>
            <a href="/" ${here === "recipes" && html`aria-current="page"`}>Recipes</a>
            <a href="/runs" ${here === "runs" && html`aria-current="page"`}>Runs</a>
            ${
              viewer.may("clean up", null) &&
              html`<a href="/clean-up" ${here === "clean-up" && html`aria-current="page"`}
                >Clean-up</a
              >`
            }
          </nav>
          <p id="connection" role="status"></p>
          ${viewerPart(viewer)}
        </header>
        <main id="main" tabindex="-1">${body}</main>
      </body>
    </html>`;
  return { status, headers: PAGE_HEADERS, text: String(text) };
}

function viewerPart({ name, csrf }: Viewer): Html {
  if (csrf === null) return html`<a class="who" href="/sign-in">Sign in</a>`;
  return html`<form class="who" method="post" action="/sign-out">
    <input type="hidden" name="csrf" value="${csrf}" />
    <span>${name ?? "signed in"}</span> <button type="submit">Sign out</button>
  </form>`;
}

export function problemPage(
  status: number,
  message: string,
  remedy: string | null,
  viewer: Viewer = NOBODY,
): HttpAnswer {
  const body = html`<h1>${message}</h1>
    ${remedy !== null && html`<p>${remedy}</p>`}
    <p><a href="/">All recipes</a></p>`;
  return page({ title: message, body, refreshSeconds: null }, viewer, status);
}
