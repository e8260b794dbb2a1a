import { describe, expect, it } from "vitest";
import { readClouds } from "../../shared/openstack/clouds-yaml.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import { readSettings } from "../../shared/settings/read-settings.ts";

const SECRET = "c0rrectHorse";

/** A value that begins with a character of YAML, as passwords do, and other slips around one. */
const SLIPS = [
  `*${SECRET}`,
  `!${SECRET}`,
  `&${SECRET}`,
  `@${SECRET}`,
  `%${SECRET}`,
  `|${SECRET}`,
  `>${SECRET}`,
  `"${SECRET}`,
  `'${SECRET}`,
  `[${SECRET}`,
  `{${SECRET}`,
  `${SECRET}: x`,
  `? ${SECRET}`,
  `<<: *${SECRET}`,
  `!!timestamp ${SECRET}`,
  `!!int ${SECRET}`,
  `[*${SECRET}]`,
  `"a" ${SECRET}`,
];

const cloudsOf = (value: string): unknown => {
  const auth = `auth_url: http://keystone/v3, username: u, project_name: p, password: `;
  const text = `clouds:\n  lab:\n    auth: { ${auth}${value} }\n    region_name: ${value}\n`;
  const { problems, broken } = readClouds({ clouds: { path: "c", text }, secure: null }, {});
  return [problems, [...broken]];
};

describe("no problem of a file with secrets quotes one", () => {
  it.each(SLIPS)("in regild.yml: %s", (value) => {
    const told = [`secrets: ${value}`, `secrets: [ ${value} ]`].map((line) =>
      JSON.stringify(
        readSettings(`senders:\n  ci:\n    scheme: github\n    ${line}\n`, "regild.yml"),
      ),
    );
    expect(told.join()).toContain('"problems"');
    expect(told.join()).not.toContain(SECRET);
  });

  it.each(SLIPS)("in clouds.yaml: %s", (value) => {
    expect(JSON.stringify(cloudsOf(value))).not.toContain(SECRET);
  });

  it.each(["*", "!", "|", ">"])("nor does one of recipes.yml at a slip with %s", (sign) => {
    const text = `recipes:\n  web:\n    cloud: lab\n    server: ${sign}${SECRET}\n`;
    const told = JSON.stringify(loadRecipes(text, "recipes.yml"));
    expect(told).toContain('"problems"');
    expect(told).not.toContain(SECRET);
  });
});
