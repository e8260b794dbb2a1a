import type { Grant } from "../../shared/access/may.ts";
import { steerless } from "../../shared/plain-text.ts";
import type { OidcGrant } from "../../shared/settings/oidc.ts";

/** All that the provider says of a person: the claims of the ID token and of the userinfo endpoint. */
export type Claims = Readonly<Record<string, unknown>>;

/** Another person could write any address into their own account. Source: OpenID Connect Core 1.0, section 5.1. */
const isVerified = (claims: Claims) => claims["email_verified"] === true;

const LONGEST_NAME = 80;

/**
 * The name for records and reports. `name` is not taken, because at many providers everybody may choose their own.
 * Source: OpenID Connect Core 1.0, sections 5.1 and 5.7: `sub` alone is unique and never changes.
 */
export function personName(claims: Claims): string {
  const email = isVerified(claims) ? claims["email"] : undefined;
  const found = [claims["preferred_username"], email, claims["sub"]].find(
    (each): each is string => typeof each === "string" && each.trim() !== "",
  );
  return steerless(found ?? "somebody")
    .slice(0, LONGEST_NAME)
    .toWellFormed();
}

/** What the rules of regild.yml give to a person with these claims. Empty: nothing. */
export function grantsOf(claims: Claims, rules: readonly OidcGrant[]): Grant[] {
  return rules
    .filter(({ claim, value }) => valuesOf(claims, claim).includes(value))
    .map(({ role, recipes = null }) => ({ role, recipes }));
}

/**
 * The values of a claim as texts: of a list each one. An e-mail address that is not verified is none.
 * @param claim its name, which may have dots in it, or else the path to it: `realm_access.roles`.
 */
function valuesOf(claims: Claims, claim: string): string[] {
  if (claim === "email" && !isVerified(claims)) return [];
  const found = Object.hasOwn(claims, claim) ? claims[claim] : at(claims, claim.split("."));
  return [found]
    .flat()
    .filter((each) => ["string", "number", "boolean"].includes(typeof each))
    .map(String);
}

function at(from: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return from;
  return isObject(from) && Object.hasOwn(from, first) ? at(from[first], rest) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
