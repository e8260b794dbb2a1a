import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { budgetOf } from "../../deploy/budget.ts";
import { type Bundle, bundle, FUNCTIONS } from "../../deploy/bundle.ts";
import { ownWiring } from "#functions";
import { STEP_NAMES } from "../../shared/run/step-names.ts";

const WITHOUT_CLOUD = FUNCTIONS.filter((name) => !STEP_NAMES.some((step) => step === name));

/** The page and the HTTP API, which both hosts serve. Nothing of one machine: no server, no data file, no command. */
const OF_PAGE = new RegExp(
  `^local/(?:${[
    "(access|actions|api|oidc|page|view|cli/text)/[\\w-]+",
    "(cli/(command-error|exit-status)|health/readiness|progress/text-line)",
    "(await-change|host-site|http-answer|named-image|path-parameters|request-body|request-target)",
    "(site-answer|source-problems|version|heartbeat|recipes-in-force)",
  ].join("|")})\\.ts$`,
);

let folder: string;
const bundles = new Map<string, Bundle>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "regild-bundles-"));
  for (const name of FUNCTIONS) bundles.set(name, await bundle(name, { minify: true }));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("a bundle", () => {
  it("is there for each function of serverless.yml", () => {
    const wired = ownWiring().functions;
    expect(FUNCTIONS).toEqual(wired.map(({ name }) => name).toSorted());
    for (const { name, module } of wired) expect(module).toBe(`functions/${name}/handler`);
  });

  it.each(FUNCTIONS)(
    "of %s has a handler, and the same bytes every time",
    async (name) => {
      const built = bundles.get(name);
      const again = await bundle(name, { minify: true });
      expect(Buffer.from(again.code).equals(built?.code ?? Buffer.of())).toBe(true);
      const file = join(folder, `${name}.cjs`);
      writeFileSync(file, again.code);
      const loaded: unknown = createRequire(import.meta.url)(file);
      expect(loaded).toHaveProperty("handler", expect.any(Function));
    },
    30_000,
  );

  it.each(FUNCTIONS)("of %s has nothing of one machine, of tests or of source maps", (name) => {
    const built = bundles.get(name);
    const inputs = Object.keys(built?.metafile.inputs ?? {});
    expect(inputs.length).toBeGreaterThan(10);
    const foreign = /^(local|test|bench|deploy)\/|^shared\/sqlite\/|node_modules\/(undici|aws-sdk)/;
    const left = inputs.filter((file) => foreign.test(file));
    expect(name === "dashboard" ? left.filter((file) => !OF_PAGE.test(file)) : left).toEqual([]);
    const text = Buffer.from(built?.code ?? []).toString("utf8");
    expect(text).not.toContain("sourceMappingURL");
    expect(text).not.toContain(process.cwd());
  });

  it.each(FUNCTIONS)("of %s is within its budget, gzipped", (name) => {
    const built = bundles.get(name);
    const kb = gzipSync(built?.code ?? Buffer.of()).length / 1024;
    expect(kb).toBeGreaterThan(10);
    expect(kb).toBeLessThanOrEqual(budgetOf(name).gzippedKb);
  });

  it.each(WITHOUT_CLOUD)("of %s knows no cloud", (name) => {
    const [output] = Object.values(bundles.get(name)?.metafile.outputs ?? {});
    const left = Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    );
    expect(left).toContain("shared/aws/client.ts");
    expect(left.filter((file) => /openstack\/session|clouds-source|yaml\//.test(file))).toEqual([]);
  });
});
