import type { IncomingMessage } from "node:http";
import {
  type AccessAction,
  ANYBODY,
  type Asker,
  denied,
  recipesSeenBy,
} from "../../shared/access/may.ts";
import {
  authenticate,
  authenticateById,
  type Authenticated,
  type TokenDeps,
} from "../../shared/access/tokens.ts";
import type { SignIn } from "../../shared/settings/settings.ts";
import { Refused } from "../http-answer.ts";
import type { ListenAddress } from "../listen-address.ts";
import type { EndedSignIns } from "./ended-sign-ins.ts";
import { hasLocalName, isForwarded, isOnLoopback, isSameOrigin } from "./origin.ts";
import { isSame, type Session, Sessions } from "./session.ts";

/** Who asks, and the sign-in by which they are known. Null: by a token, or not at all. */
export interface Visitor extends Asker {
  session: Session | null;
}

const MAKE_ONE = "make one with regild token create NAME --role ROLE";
const GRANT_MORE = "Ask who operates Regild: grants of the setting oidc gives more";
const SEND_ONE = `Send Authorization: Bearer TOKEN, or sign in at /sign-in; ${MAKE_ONE}`;

/** Knows who asks. Lets nobody read without a token, but where the host listens to this machine's own users only. */
export class Gate {
  readonly sessions: Sessions;
  private readonly deps: TokenDeps;
  private readonly listen: ListenAddress | null;
  private readonly signIn: () => SignIn;
  private readonly people: ReadonlyPeople | null;
  private readonly ended: EndedSignIns | null;

  /**
   * @param is with `listen` null: somebody else listens, and reading is open to nobody. With `people` absent: nobody signs
   *   in at an OpenID provider. With `ended` absent: this process alone knows the sign-ins that it ended.
   */
  constructor(
    deps: TokenDeps,
    is: {
      listen: ListenAddress | null;
      signIn: () => SignIn;
      sessions?: Sessions;
      people?: ReadonlyPeople;
      ended?: EndedSignIns;
    },
  ) {
    this.deps = deps;
    this.listen = is.listen;
    this.signIn = is.signIn;
    this.people = is.people ?? null;
    this.ended = is.ended ?? null;
    this.sessions = is.sessions ?? new Sessions(deps.now);
  }

  /** @throws Refused: 401 without a good token where one is needed, 421 for a name that is not this machine's. */
  async whoAsks(request: IncomingMessage): Promise<Visitor> {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return visitor(await this.bearer(authorization), null);
    const session = await this.sessionIn(cookie);
    const signedIn = session === null ? null : await this.holderOf(session);
    if (signedIn !== null) return signedIn;
    if (!this.isOpen(request)) throw unauthorized("no-token", "This needs a token", SEND_ONE);
    if (isOnLoopback(request) && !hasLocalName(request)) {
      const remedy = "Ask localhost or the address itself, or send a token";
      throw new Refused(421, "wrong-host", "This is not the host it was asked for", remedy);
    }
    return { ...ANYBODY, session: null };
  }

  /** @throws Refused: 401 if the text is no good token. */
  async signedIn(text: string): Promise<Visitor> {
    return visitor(await authenticate(this.deps, text.trim()), null);
  }

  /** Ends a sign-in. @returns the header `Set-Cookie` that takes its cookie away. */
  async signOut({ session }: Visitor, isHttps: boolean): Promise<string> {
    if (session !== null) await this.ended?.add(session);
    return this.sessions.end(session, isHttps);
  }

  private async sessionIn(cookie: string | undefined): Promise<Session | null> {
    const session = this.sessions.in(cookie);
    return session !== null && (await this.ended?.has(session)) === true ? null : session;
  }

  /** @returns null: the token or the person may nothing any more. */
  private async holderOf(session: Session): Promise<Visitor | null> {
    if (session.of === "person") {
      const person = (await this.people?.askerOf(session.id)) ?? null;
      return person === null ? null : { ...person, session };
    }
    const known = await authenticateById(this.deps, session.id);
    return "token" in known ? visitor(known, session) : null;
  }

  private bearer(authorization: string): Promise<Authenticated> {
    const token = /^Bearer +(?<token>\S+)$/i.exec(authorization)?.groups?.["token"] ?? "";
    return authenticate(this.deps, token);
  }

  /** Reading is open on a Unix socket and on loopback, to who asks there directly. */
  private isOpen(request: IncomingMessage): boolean {
    if (this.listen === null || this.signIn() === "required" || isForwarded(request)) return false;
    if ("socket" in this.listen) return true;
    return LOOPBACK.test(this.listen.host) && isOnLoopback(request);
  }
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i;

/** People who are signed in at the OpenID provider. */
export interface ReadonlyPeople {
  /** What the person may now. @returns null: nothing, or the person is not signed in. */
  askerOf: (id: string) => Promise<Asker | null>;
}

/** @throws Refused: they may not. @param recipe null: it is about all recipes. */
export function need(asker: Asker, action: AccessAction, recipe: string | null): void {
  const reason = denied(asker, action, recipe);
  if (reason === null) return;
  const isPerson = asker.known?.kind === "person";
  const who = isPerson ? asker.known?.name : `Token ${asker.known?.name ?? ""}`;
  const other = isPerson ? GRANT_MORE : `Use another token: ${MAKE_ONE}`;
  switch (reason.kind) {
    case "not-signed-in":
      throw unauthorized("no-token", `To ${action} needs a token`, SEND_ONE);
    case "role-too-small": {
      const { has, needs } = reason;
      const role = has === null ? "no role" : `the role ${has}`;
      const message = `${who} has ${role}, and to ${action} takes ${needs}`;
      throw new Refused(403, "role-too-small", message, other);
    }
    case "other-recipe": {
      const what = reason.recipe === null ? "all recipes together" : `recipe ${reason.recipe}`;
      const good = `Good for ${recipesSeenBy(asker)?.join(", ") ?? "all"}`;
      const message = `${who} ${isPerson ? "has no role" : "is not good"} for ${what}`;
      throw new Refused(403, "other-recipe", message, `${good}. ${other}`);
    }
  }
}

/** A role that is too small is told before the run or image is looked for. @throws Refused */
export function needSome(asker: Asker, action: AccessAction): void {
  const grants = asker.grants.map(({ role }) => ({ role, recipes: null }));
  need({ ...asker, grants }, action, null);
}

/**
 * A browser sends the cookie of a sign-in along by itself, so what changes something has to come from a page of this host.
 * @param csrf what the form or the header X-CSRF-Token says.
 * @throws Refused
 */
export function needOwnPage({ session }: Visitor, request: IncomingMessage, csrf: string): void {
  if (session === null) return;
  if (!isSameOrigin(request)) {
    const remedy = "Open the page again. A proxy in between has to pass on Host and Origin";
    throw new Refused(403, "other-origin", "A page of another host sent this", remedy, "Origin");
  }
  if (isSame(csrf, session.csrf)) return;
  const message = "This was not sent by a form of this sign-in";
  throw new Refused(403, "wrong-csrf", message, "Open the page again", "csrf");
}

/** @throws Refused */
function visitor(authenticated: Authenticated, session: Session | null): Visitor {
  if ("token" in authenticated) {
    const { id, name, role, recipes } = authenticated.token;
    return { known: { kind: "token", id, name }, grants: [{ role, recipes }], session };
  }
  const { refused } = authenticated;
  const remedy = `Use another one: ${MAKE_ONE}`;
  throw unauthorized(`token-${refused}`, `The token is ${refused}`, remedy);
}

/** Source: RFC 6750, section 3. */
function unauthorized(code: string, message: string, remedy: string): Refused {
  const refused = new Refused(401, code, message, remedy, "Authorization");
  const challenge = `Bearer realm="regild"${code === "no-token" ? "" : ', error="invalid_token"'}`;
  refused.answer.headers["www-authenticate"] = challenge;
  return refused;
}
