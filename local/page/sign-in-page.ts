import type { HttpAnswer } from "../http-answer.ts";
import { html } from "./html.ts";
import { page } from "./layout.ts";

/** Where people sign in without a token. */
export interface SignInLink {
  name: string;
  href: string;
}

/** @param next the page to go on to. @param problem of the last try, or null. @param link null: by a token alone. */
export function signInPage(
  next: string,
  problem: string | null,
  link: SignInLink | null,
): HttpAnswer {
  const body = html`<h1>Sign in</h1>
    ${problem !== null && html`<p role="alert">${problem}</p>`}
    ${
      link !== null &&
      html`<p><a class="button" href="${link.href}">Sign in with ${link.name}</a></p>
        <h2>Or with a token</h2>`
    }
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
          ${link === null && "autofocus"}
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
