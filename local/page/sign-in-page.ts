import type { HttpAnswer } from "../http-answer.ts";
import { html } from "./html.ts";
import { page } from "./layout.ts";

/** @param next the page to go on to. @param problem of the last try, or null. */
export function signInPage(next: string, problem: string | null): HttpAnswer {
  const body = html`<h1>Sign in</h1>
    ${problem !== null && html`<p role="alert">${problem}</p>`}
    <form method="post" action="/sign-in">
      <input type="hidden" name="next" value="${next}" />
      <p>
        <label for="token">Token</label><br />
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          autofocus
        />
      </p>
      <p><button type="submit">Sign in</button></p>
    </form>
    <p>
      An operator makes a token on the host: <code>regild token create NAME --role read</code>
    </p>`;
  return page(
    { title: "Sign in", body, refreshSeconds: null },
    undefined,
    problem === null ? 200 : 401,
  );
}
