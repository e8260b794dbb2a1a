import { randomBytes } from "node:crypto";
import type { Asker } from "../../shared/access/may.ts";
import type { OidcGrant } from "../../shared/settings/oidc.ts";
import type { ReadonlyPeople } from "../access/gate.ts";
import { SESSION_MS } from "../access/session.ts";
import { type Claims, grantsOf, personName } from "./person.ts";

/** So many people are remembered at once. One more ends the oldest sign-in. */
const MOST_PEOPLE = 1000;

interface Person {
  claims: Claims;
  untilMs: number;
}

/**
 * People who signed in at the OpenID provider. Known to this process alone: a restart of the host ends all sign-ins.
 * The rules in force decide with each request, so a rule that is taken out of regild.yml ends what it gave at once.
 */
export class People implements ReadonlyPeople {
  private readonly known = new Map<string, Person>();
  private readonly rules: () => readonly OidcGrant[];
  private readonly now: () => number;

  constructor(rules: () => readonly OidcGrant[], now: () => number) {
    this.rules = rules;
    this.now = now;
  }

  /** @returns the id for the session. */
  add(claims: Claims): string {
    const now = this.now();
    for (const [id, { untilMs }] of this.known) if (untilMs <= now) this.known.delete(id);
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= MOST_PEOPLE) this.known.delete(oldest);
    const id = randomBytes(16).toString("base64url");
    this.known.set(id, { claims, untilMs: now + SESSION_MS });
    return id;
  }

  askerOf(id: string): Asker | null {
    const person = this.known.get(id);
    if (person === undefined || person.untilMs <= this.now()) return null;
    const grants = grantsOf(person.claims, this.rules());
    if (grants.length === 0) return null;
    const { claims } = person;
    return {
      known: { kind: "person", id: String(claims["sub"]), name: personName(claims) },
      grants,
    };
  }
}
