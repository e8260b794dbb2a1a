import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { OIDC_KEYS } from "../../shared/settings/oidc.ts";
import { readSettings } from "../../shared/settings/read-settings.ts";

const page = readFileSync("docs/sign-in.md", "utf8");

it("docs/sign-in.md shows a regild.yml that is good, and every key", () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  expect(readSettings(example, "regild.yml")).toMatchObject({
    signIn: "required",
    oidc: { issuer: "https://id.example.org/realms/ops", grants: { length: 3 } },
  });
  const missing = OIDC_KEYS.filter((key) => !page.includes(`\`${key}\``));
  expect(missing).toEqual([]);
});
