import { createHash } from "node:crypto";
import type { Asker } from "../../shared/access/may.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import type { ReadonlyPeople } from "../access/gate.ts";
import { SESSION_MS } from "../access/session.ts";
import { AGAIN, SignInFailed } from "./failure.ts";
import type { KeptPeople } from "./kept-people.ts";
import { type Claims, grantsOf, personName } from "./person.ts";

type Source = Pick<OidcSettings, "issuer" | "client_id">;

/** 132 bits. */
const KEY_LENGTH = 22;

/**
 * People who signed in at the OpenID provider. One record for each person, however often they sign in. The rules in force
 * decide with each request, so a rule that is taken out ends what it gave at once.
 */
export class People implements ReadonlyPeople {
  private readonly settings: () => Promise<OidcSettings | null | undefined>;
  private readonly kept: KeptPeople;
  private readonly now: () => number;

  /** @param is with `settings` those in force. Null: there are none, which ends all sign-ins. Undefined: nobody knows now. */
  constructor(is: {
    settings: () => Promise<OidcSettings | null | undefined>;
    kept: KeptPeople;
    now: () => number;
  }) {
    this.settings = is.settings;
    this.kept = is.kept;
    this.now = is.now;
  }

  /**
   * @param source the settings that the sign-in began with.
   * @returns the id for the session: of the person and of the generation.
   * @throws SignInFailed: too many people are signed in, or other settings are in force by now.
   */
  async add(claims: Claims, source: Source): Promise<string> {
    if (textOf((await this.settings()) ?? null) !== textOf(source)) throw changedMeanwhile();
    const generation = await this.kept.generation(textOf(source));
    const key = keyOf(source, claims);
    const person = { claims, generation, untilMs: this.now() + SESSION_MS };
    if (!(await this.kept.put(key, person))) throw tooMany();
    return key + generation;
  }

  async askerOf(id: string): Promise<Asker | null> {
    const settings = await this.settings();
    if (settings === undefined) return null;
    const [key, generation] = [id.slice(0, KEY_LENGTH), id.slice(KEY_LENGTH)];
    const good = await this.kept.generation(textOf(settings));
    if (settings === null || good !== generation) return null;
    const person = await this.kept.get(key);
    if (person?.generation !== generation || person.untilMs <= this.now()) return null;
    const { claims } = person;
    const grants = grantsOf(claims, settings.grants);
    if (grants.length === 0) return null;
    return {
      known: { kind: "person", id: String(claims["sub"]), name: personName(claims) },
      grants,
    };
  }

  /** Ends the sign-ins of other settings than those in force, also if those come back later. */
  async observe(): Promise<void> {
    const settings = await this.settings();
    if (settings !== undefined) await this.kept.generation(textOf(settings));
  }
}

function textOf(source: Source | null): string {
  return source === null ? "" : JSON.stringify([source.issuer, source.client_id]);
}

/** No name stands in a cookie. */
function keyOf(source: Source, { sub }: Claims): string {
  const text = JSON.stringify([textOf(source), sub]);
  return createHash("sha256").update(text).digest("base64url").slice(0, KEY_LENGTH);
}

/** Otherwise a sign-in that began with old settings would end those of the new ones. */
function changedMeanwhile(): SignInFailed {
  const message = "Regild was set up for another provider or client meanwhile";
  return new SignInFailed({ status: 400, message, remedy: AGAIN });
}

function tooMany(): SignInFailed {
  const message = "Too many people are signed in";
  const remedy = "Try again later: each sign-in ends after eight hours";
  return new SignInFailed({ status: 503, message, remedy });
}
