import type { IncomingMessage } from "node:http";
import { recipesSeenBy } from "../../shared/access/may.ts";
import { needSome, type Visitor } from "../access/gate.ts";
import { signIn } from "../access/sign-in.ts";
import { type HttpAnswer, Refused } from "../http-answer.ts";
import type { RequestTarget } from "../request-target.ts";
import { assetAt } from "./assets.ts";
import { problemPage } from "./layout.ts";
import { type LiveUpdates, NO_EVENTS } from "./live-updates.ts";
import type { OidcSignIn } from "../oidc/oidc-sign-in.ts";
import type { PageSite } from "./page-site.ts";
import { NotFound } from "../view/find-run.ts";
import { cleanUpAt } from "./clean-up-site.ts";
import { actBy, type PageActions } from "./page-actions.ts";
import { NOBODY, type Viewer, viewerOf } from "./viewer.ts";
import { signInPage } from "./sign-in-page.ts";

/** The page behind the gate: who may not read it is led to the sign-in. */
export interface PageGate {
  /** @returns null: no page has this path. */
  read: (target: RequestTarget, request: IncomingMessage) => Promise<HttpAnswer | null>;
  signIn: (request: IncomingMessage) => Promise<HttpAnswer>;
  /** @returns null: no form is sent to this path. */
  act: (target: RequestTarget, request: IncomingMessage) => Promise<HttpAnswer | null>;
  /** For a browser at an address where nothing is. @returns null: no browser asks. */
  nothing: (request: IncomingMessage, visitor: Visitor) => HttpAnswer | null;
}

/**
 * @param live absent: no events are sent, and pages ask again and again.
 * @param oidc absent: people sign in by tokens alone.
 */
export function pageGate(
  pages: PageSite,
  on: PageActions,
  { live, oidc }: { live?: LiveUpdates; oidc?: OidcSignIn } = {},
): PageGate {
  const { gate } = on;
  return {
    read: async ({ path, query }, request) => {
      const asset = assetAt(path);
      if (asset !== null) return asset;
      if (path === "/sign-in") {
        const next = new URLSearchParams(query).get("next") ?? "/";
        return signInPage(next, null, (await oidc?.link(next)) ?? null);
      }
      const signingIn = (await oidc?.answer(path, query, request)) ?? null;
      if (signingIn !== null) return signingIn;
      if (path === "/events") return events(on, request, live);
      let viewer = NOBODY;
      try {
        const visitor = await gate.whoAsks(request);
        needSome(visitor, "read");
        viewer = viewerOf(visitor);
        return (await cleanUpAt(on, path, visitor)) ?? (await pages(path, query, viewer));
      } catch (error) {
        if (!isBrowser(request)) throw error;
        if (error instanceof Refused) return turnedAway(error, path, viewer);
        if (error instanceof NotFound) return problemPage(404, error.message, error.remedy, viewer);
        throw error;
      }
    },
    act: async ({ path }, request) => {
      try {
        return await actBy(on, path, request);
      } catch (error) {
        if (!isBrowser(request)) throw error;
        if (error instanceof Refused) return problemPage(error.answer.status, error.message, null);
        if (error instanceof NotFound) return problemPage(404, error.message, error.remedy);
        throw error;
      }
    },
    nothing: (request, visitor) =>
      isBrowser(request)
        ? problemPage(404, "No page has this address", "Go on from the recipes", viewerOf(visitor))
        : null,
    signIn: async (request) => {
      try {
        return await signIn(gate, request);
      } catch (error) {
        if (!(error instanceof Refused) || !isBrowser(request)) throw error;
        return signInPage("/", error.message, (await oidc?.link("/")) ?? null);
      }
    },
  };
}

/** When another recipe changes is nothing for a token of some recipes: its pages ask again and again. */
async function events(
  { gate }: PageActions,
  request: IncomingMessage,
  live: LiveUpdates | undefined,
): Promise<HttpAnswer> {
  const visitor = await gate.whoAsks(request);
  needSome(visitor, "read");
  if (live === undefined || recipesSeenBy(visitor) !== null) return NO_EVENTS;
  const mayListen = async () => {
    const now = await gate.whoAsks(request).catch(() => null);
    return now !== null && recipesSeenBy(now) === null;
  };
  return live.answer(mayListen);
}

/** Programs get problems as JSON. */
function isBrowser({ headers }: IncomingMessage): boolean {
  return (headers.accept ?? "").includes("text/html");
}

function turnedAway(refused: Refused, path: string, viewer: Viewer): HttpAnswer {
  const { status } = refused.answer;
  if (status !== 401) return problemPage(status, refused.message, refused.remedy, viewer);
  const location = `/sign-in?next=${encodeURIComponent(path)}`;
  return { status: 303, headers: { location }, text: "" };
}
