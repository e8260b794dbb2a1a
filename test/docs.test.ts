import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliReference } from "../local/reference/cli-reference.ts";
import { recipeReference, recipeRows } from "../local/reference/recipe-reference.ts";
import { loadRecipes } from "../shared/recipe/load.ts";
import { KNOWN_KEYS } from "../shared/recipe/schema.ts";
import { RIGHTS } from "../local/doctor/act/rights.ts";

const pages = ["README.md", "CHANGELOG.md", "SECURITY.md", ...globSync("docs/**/*.md")].toSorted();

const MAX_WORDS = 1500;
/** Looked up, not read: each is written by npm run docs. */
const REFERENCES: Record<string, () => string | Promise<string>> = {
  "docs/cli.md": cliReference,
  "docs/recipe-reference.md": recipeReference,
};
const README_LINES = 120;
/** What keys of image want beside them. */
const BESIDE: Record<string, string> = {
  restore: "wait_for_shutoff: 30m, ",
  members: "visibility: shared, ",
  unshare_retired: 'visibility: shared, members: ["a"], ',
};

/** As the heading's link: lower case, words joined by hyphens, other signs left out. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function deadLinks(file: string): string[] {
  const links = readFileSync(file, "utf8").matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? file : join(dirname(file), path);
    if (!existsSync(target)) return [link];
    const isMissing =
      anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
    return isMissing ? [link] : [];
  });
}

/** The captures that a key goes with. */
const CAPTURES: Record<string, string> = {
  disk_format: "capture: root_volume, ",
  os_version: "capture: system_from_data_disk, ",
  vault_id: "capture: full_server, ",
  cmk_id: "capture: system_disk, ",
};

describe("the references", () => {
  it.each(Object.entries(REFERENCES))("%s is as npm run docs writes it", async (file, written) => {
    expect(readFileSync(file, "utf8")).toBe(await written());
  });

  it("name every visible command and every key of a recipe", () => {
    const cli = readFileSync("docs/cli.md", "utf8");
    for (const command of ["refresh", "recipes check", "completion", "schedule"]) {
      expect(cli).toContain(`## regild ${command}\n`);
    }
    expect(cli).not.toContain("__complete");
    const keys = recipeRows().map(({ path }) => path);
    expect(keys).toEqual(expect.arrayContaining([...KNOWN_KEYS.recipe, "image.min_disk"]));
  });

  it("give examples that a recipe file takes", () => {
    for (const { path, example } of recipeRows()) {
      const [field = "", inner, ...deeper] = path.split(".");
      if (
        deeper.length > 0 ||
        example === null ||
        (inner !== undefined && !["prepare", "image"].includes(field))
      )
        continue;
      const named = 'server: "${{ inputs.a }}", inputs: { a: {} }, allow_source: { name: "a-*" }, ';
      const own = field === "server" || field === "volume" ? "" : "server: a, ";
      const isOfVolume = ["allow_live", "os_version", "restore"].includes(inner ?? "");
      const ofVolume = isOfVolume ? "volume: a, " : own;
      const source = field === "after_promote" ? named : ofVolume;
      const cloud = field === "cloud" ? "" : "cloud: a, ";
      const shared = inner === undefined ? "" : (BESIDE[inner] ?? "");
      const written =
        inner === undefined
          ? `${field}: ${example}`
          : `${field}: { ${shared}${inner}: ${example} }`;
      const capture = CAPTURES[inner ?? field] ?? "";
      const text = `recipes: { a: { ${cloud}${source}${capture}${written} } }`;
      expect([path, loadRecipes(text, "")]).toEqual([
        path,
        expect.objectContaining({ recipes: expect.anything() }),
      ]);
    }
  });
});

describe("the pages", () => {
  it.each(pages)("%s has no dead link", (file) => expect(deadLinks(file)).toEqual([]));

  const texts = pages.filter((page) => !(page in REFERENCES));
  it.each(texts)("%s can be read in one sitting", (file) => {
    const words = readFileSync(file, "utf8").split(/\s+/).length;
    expect(words).toBeLessThanOrEqual(MAX_WORDS);
  });

  it("README.md fits two screens, and leads to every page", () => {
    const readme = readFileSync("README.md", "utf8");
    expect(readme.split("\n").length).toBeLessThanOrEqual(README_LINES);
    const decisions = readFileSync("docs/decisions.md", "utf8");
    const unlinked = pages.filter(
      (page) =>
        page !== "README.md" &&
        !readme.includes(`](${page})`) &&
        !decisions.includes(`](${page.replace("docs/", "")})`),
    );
    expect(unlinked).toEqual([]);
  });
});

it("every failure code of a run is explained in docs/operating.md", () => {
  const sources = globSync("shared/{steps,source,protocol,run}/*.ts");
  const codes = sources.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\bcode: "([a-z0-9-]+)"/g)].map(([, code]) => code),
  );
  const page = readFileSync("docs/operating.md", "utf8");
  expect(codes.length).toBeGreaterThan(15);
  expect([...new Set(codes)].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});

describe("docs/permissions.md", () => {
  const page = readFileSync("docs/permissions.md", "utf8");

  it("has every call that Regild makes on OpenStack", () => {
    const sources = globSync(["shared/openstack/*.ts", "local/doctor/**/*.ts"]).map((file) =>
      readFileSync(file, "utf8"),
    );
    const called =
      /(?:operation: |#(?:get|create|delete|act|read)\((?:this\.#\w+, |serverId, )?|#power\(serverId, )"([A-Za-z-]+)"/g;
    const calls = sources.flatMap((source) => [...source.matchAll(called)].map(([, call]) => call));
    expect(new Set(calls).size).toBeGreaterThan(20);
    expect([...new Set(calls)].filter((call) => !page.includes(call ?? ""))).toEqual([]);
  });

  it("has every policy rule that doctor names", () => {
    const rules = Object.values(RIGHTS).map(({ rule }) => rule);
    expect(rules.filter((rule) => !page.includes(`\`${rule}\``))).toEqual([]);
  });
});
