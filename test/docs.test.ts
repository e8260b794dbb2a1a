import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { RIGHTS } from "../local/doctor/act/rights.ts";

const pages = ["README.md", "CHANGELOG.md", "SECURITY.md", ...globSync("docs/*.md")].toSorted();

/** Reference pages may be longer. */
const MAX_WORDS = 1500;
const README_LINES = 120;

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

describe("the pages", () => {
  it.each(pages)("%s has no dead link", (file) => expect(deadLinks(file)).toEqual([]));

  it.each(pages)("%s can be read in one sitting", (file) => {
    const words = readFileSync(file, "utf8").split(/\s+/).length;
    expect(words).toBeLessThanOrEqual(MAX_WORDS);
  });

  it("README.md fits two screens, and leads to every page", () => {
    const readme = readFileSync("README.md", "utf8");
    expect(readme.split("\n").length).toBeLessThanOrEqual(README_LINES);
    const unlinked = pages.filter((page) => page !== "README.md" && !readme.includes(`](${page})`));
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
