import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { errorDocument } from "../../local/view/document.ts";
import { newTokenDocument, tokenDocument, tokensDocument } from "../../local/view/tokens.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  openDatabase(join(place.folder, "regild.sqlite")).close();
});
afterAll(() => place[Symbol.asyncDispose]());

it("shows a token once, on stdout alone, and stores its hash only", async () => {
  const { status, out, err } = await place.regild("token", "create", "ci", "--role", "run");
  expect(status).toBe(0);
  expect(out).toMatch(/^regild_[0-9A-Za-z]{49}\n$/);
  expect(err).toMatch(/^Token ci \([0-9a-z]{10}\), run, all recipes\. Keep it now/);
  const listed = await place.regild("token", "list", "-o", "json");
  expect(tokensDocument.parse(JSON.parse(listed.out)).tokens).toMatchObject([
    { name: "ci", role: "run", recipes: null, state: "good", last_used_on: null },
  ]);
  const files = ["regild.sqlite", "regild.sqlite-wal"].map((file) => {
    try {
      return readFileSync(join(place.folder, file), "latin1");
    } catch {
      return "";
    }
  });
  expect(files.join("")).toContain("token#");
  expect(files.join("")).not.toContain(out.trim().slice(7, 50));
  expect(listed.out).not.toContain(out.trim());
});

it("a token for some recipes, with an end, as JSON; revoked by its name", async () => {
  const scope = ["--role", "read", "--recipe", "web", "--expires", "30d"];
  const made = await place.regild("token", "create", "web-only", ...scope, "-o", "json");
  const { token, secret } = newTokenDocument.parse(JSON.parse(made.out));
  expect(token).toMatchObject({ recipes: ["web"], role: "read", state: "good" });
  expect(Date.parse(token.expires_at ?? "") - Date.parse(token.created_at)).toBe(30 * 86_400_000);
  expect(made.err).not.toContain(secret);
  const revoked = await place.regild("token", "revoke", "web-only", "-o", "json");
  expect(tokenDocument.parse(JSON.parse(revoked.out)).token).toMatchObject({ state: "revoked" });
  const again = await place.regild("token", "revoke", "web-only");
  expect([again.status, again.err]).toEqual([2, expect.stringContaining("is revoked already")]);
});

it("a token expires after 90 days unless it is told otherwise", async () => {
  const made = await place.regild("token", "create", "n", "--role", "admin", "-o", "json");
  const { token } = newTokenDocument.parse(JSON.parse(made.out));
  expect(Date.parse(token.expires_at ?? "") - Date.parse(token.created_at)).toBe(90 * 86_400_000);
  const args = ["token", "create", "n2", "--role", "admin", "--expires", "never", "-o", "json"];
  const never = await place.regild(...args);
  expect(newTokenDocument.parse(JSON.parse(never.out)).token.expires_at).toBeNull();
});

it.each([
  ["no role", ["token", "create", "a"], 2, "--role"],
  ["an unknown role", ["token", "create", "a", "--role", "root"], 2, "read, run, admin"],
  [
    "a mistyped recipe",
    ["token", "create", "a", "--role", "read", "--recipe", "wep"],
    2,
    "Did you mean web?",
  ],
  ["a name with markup", ["token", "create", "<b>", "--role", "read"], 2, "letters, digits"],
  ["a name that is taken", ["token", "create", "ci", "--role", "read"], 6, "token revoke ci"],
  ["no lifetime", ["token", "create", "a", "--role", "read", "--expires", "0s"], 2, "90d"],
  [
    "a lifetime without a unit",
    ["token", "create", "a", "--role", "read", "--expires", "9"],
    2,
    "9h",
  ],
  ["an unknown token", ["token", "revoke", "nope"], 2, "regild token list"],
])("refuses %s, and makes nothing", async (_what, args, status, says) => {
  const count = async () => {
    const { out } = await place.regild("token", "list", "-o", "json");
    return tokensDocument.parse(JSON.parse(out)).tokens.length;
  };
  const before = await count();
  const ended = await place.regild(...args, "-o", "json");
  expect(ended.status).toBe(status);
  const { error } = errorDocument.parse(JSON.parse(ended.out));
  expect(`${error.message} ${error.remedy}`).toContain(says);
  expect(await count()).toBe(before);
});
