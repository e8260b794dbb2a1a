import { describe, expect, it } from "vitest";
import { People } from "../../local/oidc/people.ts";
import { type Claims, grantsOf, personName } from "../../local/oidc/person.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";

describe("a rule on the e-mail address", () => {
  const rules = [{ claim: "email", value: "anna@example.org", role: "admin" }] as const;
  const given = (claims: Claims) => grantsOf({ email: "anna@example.org", ...claims }, rules);

  it("gives its role when the provider verified the address", () => {
    expect(given({ email_verified: true })).toEqual([{ role: "admin", recipes: null }]);
  });

  it.each([{}, { email_verified: false }, { email_verified: "true" }, { email_verified: [true] }])(
    "gives nothing with %o",
    (claims) => {
      expect(given(claims)).toEqual([]);
    },
  );

  it("and no other rule, needs a verified address", () => {
    const groups = [{ claim: "groups", value: "platform", role: "read" }] as const;
    expect(grantsOf({ groups: ["platform"], email: "x" }, groups)).toHaveLength(1);
  });
});

describe("the name of a person", () => {
  it.each([
    ["a terminal escape", "\u001B[2Jroot", "\uFFFD[2Jroot"],
    ["a C1 escape", "\u009B31mroot", "\uFFFD31mroot"],
    ["a bidi override", "anna\u202Etoor", "anna\uFFFDtoor"],
    ["a bidi isolate", "\u2066anna\u2069", "\uFFFDanna\uFFFD"],
    ["a line break", "anna\r\nroot", "anna root"],
  ])("has no %s", (_what, name, shown) => {
    expect(personName({ preferred_username: name, sub: "1" })).toBe(shown);
    expect(personName({ email: name, email_verified: true, sub: "1" })).toBe(shown);
    expect(personName({ sub: name })).toBe(shown);
  });

  it("has 80 characters at most, and no half of one", () => {
    const name = personName({ sub: `${"a".repeat(79)}\u{1F600}` });
    expect([name.length, name.isWellFormed()]).toEqual([80, true]);
  });
});

describe("people who are signed in", () => {
  const settings: OidcSettings = {
    issuer: "https://id.example.org",
    client_id: "regild",
    public_url: "https://regild.example.org",
    grants: [{ claim: "groups", value: "all", role: "read" }],
  };
  const person = (sub: string) => ({ sub, groups: "all" });

  it("are not signed out by another who signs in a thousand times", () => {
    const people = new People(
      () => settings,
      () => 0,
    );
    const anna = people.add(person("anna"), settings);
    const eves = Array.from({ length: 1_000 }, () => people.add(person("eve"), settings));
    expect(people.askerOf(anna)?.known?.name).toBe("anna");
    const left = eves.map((id) => people.askerOf(id) !== null);
    expect(left).toEqual([...Array<boolean>(980).fill(false), ...Array<boolean>(20).fill(true)]);
  });
});
