import { randomBytes } from "node:crypto";
import type { Asker } from "../../shared/access/may.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { ReadonlyPeople } from "../access/gate.ts";
import { SESSION_MS } from "../access/session.ts";
import { type Claims, grantsOf, personName } from "./person.ts";

/** So many people are remembered at once. One more ends the oldest sign-in. */
const MOST_PEOPLE = 1000;
/** So many sign-ins of one person. One more ends that person's oldest, so that nobody can end those of others. */
const MOST_OF_ONE = 20;

type Source = Pick<OidcSettings, "issuer" | "client_id">;

interface Person {
  claims: Claims;
  /** Who said it, and to which client. */
  source: Source;
  untilMs: number;
}

/**
 * People who signed in at the OpenID provider. Known to this process alone: a restart of the host ends all sign-ins.
 * The rules in force decide with each request, so a rule that is taken out of regild.yml ends what it gave at once.
 */
export class People implements ReadonlyPeople {
  private readonly known = new Map<string, Person>();
  private readonly settings: () => OidcSettings | null;
  private readonly now: () => number;

  /** @param settings those in force. Null: nobody is signed in. */
  constructor(settings: () => OidcSettings | null, now: () => number) {
    this.settings = settings;
    this.now = now;
  }

  /** @param source the settings that the sign-in began with. @returns the id for the session. */
  add(claims: Claims, { issuer, client_id }: Source): string {
    const now = this.now();
    for (const [id, { untilMs }] of this.known) if (untilMs <= now) this.known.delete(id);
    const own = [...this.known].filter(([, each]) => each.claims["sub"] === claims["sub"]);
    const [ownOldest] = own;
    if (ownOldest !== undefined && own.length >= MOST_OF_ONE) this.known.delete(ownOldest[0]);
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= MOST_PEOPLE) this.known.delete(oldest);
    const id = randomBytes(16).toString("base64url");
    this.known.set(id, { claims, source: { issuer, client_id }, untilMs: now + SESSION_MS });
    return id;
  }

  askerOf(id: string): Asker | null {
    const person = this.known.get(id);
    if (person === undefined || person.untilMs <= this.now()) return null;
    const settings = this.settings();
    const { claims, source } = person;
    if (settings?.issuer !== source.issuer || settings.client_id !== source.client_id) return null;
    const grants = grantsOf(claims, settings.grants);
    if (grants.length === 0) return null;
    return {
      known: { kind: "person", id: String(claims["sub"]), name: personName(claims) },
      grants,
    };
  }
}
