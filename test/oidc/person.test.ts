import { describe, expect, it } from "vitest";
import { PeopleInMemory } from "../../local/oidc/kept-people.ts";
import { People } from "../../local/oidc/people.ts";
import { type Claims, grantsOf, personName } from "../../local/oidc/person.ts";
import type { OidcSettings } from "../../shared/settings/oidc.ts";
import { HOUR_MS } from "../cli/records.ts";

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

  const open = () => {
    const stage = { settings: settings as OidcSettings | null | undefined, nowMs: 0 };
    const now = () => stage.nowMs;
    const kept = new PeopleInMemory(now);
    const people = new People({ settings: async () => stage.settings, kept, now });
    const isIn = async (id: string) => (await people.askerOf(id)) !== null;
    return { stage, people, isIn };
  };

  it("stay signed in, whoever else signs in, and how often", async () => {
    const { people, isIn } = open();
    const anna = await people.add(person("anna"), settings);
    for (let at = 0; at < 999; at++) {
      for (let time = 0; time < 20; time++) await people.add(person(`eve ${at}`), settings);
    }
    await expect(people.add(person("one too many"), settings)).rejects.toMatchObject({
      status: 503,
      message: "Too many people are signed in",
    });
    expect((await people.askerOf(anna))?.known?.name).toBe("anna");
    expect(await isIn(await people.add(person("anna"), settings))).toBe(true);
  });

  it("make room when their eight hours are over", async () => {
    const { stage, people, isIn } = open();
    for (let at = 0; at < 1000; at++) await people.add(person(`eve ${at}`), settings);
    stage.nowMs += 8 * HOUR_MS;
    const anna = await people.add(person("anna"), settings);
    expect(await isIn(anna)).toBe(true);
  });

  it("are who the provider said at the last sign-in, in each of their sign-ins", async () => {
    const { people, isIn } = open();
    const first = await people.add(person("anna"), settings);
    const second = await people.add({ sub: "anna", groups: "none" }, settings);
    expect([await isIn(first), await isIn(second)]).toEqual([false, false]);
  });

  it.each<[string, OidcSettings | null]>([
    ["another issuer", { ...settings, issuer: "https://other.example.org" }],
    ["another client", { ...settings, client_id: "other" }],
    ["no provider", null],
  ])("are signed out for good when the settings name %s for a while", async (_, between) => {
    const { stage, people, isIn } = open();
    const anna = await people.add(person("anna"), settings);
    stage.settings = { ...settings, name: "Another name" };
    await people.observe();
    expect(await isIn(anna)).toBe(true);
    stage.settings = between;
    await people.observe();
    stage.settings = settings;
    expect(await isIn(anna)).toBe(false);
    const again = await people.add(person("anna"), settings);
    expect([await isIn(anna), await isIn(again)]).toEqual([false, true]);
  });

  it.each<[string, null | undefined, boolean]>([
    ["are signed out for good when one of them comes while there are no settings", null, false],
    ["stay signed in when one of them comes while the settings cannot be read", undefined, true],
  ])("%s", async (_, between, isStill) => {
    const { stage, people, isIn } = open();
    const [anna, bert] = [
      await people.add(person("anna"), settings),
      await people.add(person("bert"), settings),
    ];
    stage.settings = between;
    expect(await isIn(bert)).toBe(false);
    if (between === undefined) await people.observe();
    stage.settings = settings;
    expect(await isIn(anna)).toBe(isStill);
  });

  it("do not sign in with settings that are in force no more", async () => {
    const { stage, people, isIn } = open();
    const anna = await people.add(person("anna"), settings);
    const old = { ...settings, client_id: "old" };
    await expect(people.add(person("eve"), old)).rejects.toMatchObject({ status: 400 });
    stage.settings = settings;
    expect(await isIn(anna)).toBe(true);
  });
});
