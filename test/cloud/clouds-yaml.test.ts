import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { type GeneratedFile, generateFile } from "./openstacksdk/generate.ts";
import { ourValues } from "./openstacksdk/ours.ts";

const FILES = Number(process.env["REGILD_TEST_CLOUDS_FILES"] ?? 4_000);
const FIRST_SEED = Number(process.env["REGILD_TEST_SEED"] ?? 1);
/** Debian's, which has python3-openstacksdk; another Python may come first in the PATH. */
const PYTHON = process.env["REGILD_TEST_PYTHON"] ?? "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("openstacksdk/effective-values.py", import.meta.url));

const text = z.nullable(z.union([z.string(), z.boolean()]));
const serviceSchema = z.object({
  interface: z.union([z.string(), z.array(z.string())]),
  region: text,
  endpoint: text,
  type: z.string(),
  name: text,
});
const theirsSchema = z.union([
  z.object({ error: z.string() }),
  z.object({
    auth: z.record(z.string(), z.unknown()),
    region: text,
    verify: z.union([z.boolean(), z.string()]),
    cert: z.unknown(),
    services: z.object({ compute: serviceSchema, volume: serviceSchema, image: serviceSchema }),
  }),
]);
type Theirs = z.infer<typeof theirsSchema>;

/** What Regild refuses on purpose, where openstacksdk goes on with something else than what is written. */
const ON_PURPOSE = /Put it in quotes|is no URL|is missing/;

it(`${FILES} generated files come to the same values as by openstacksdk`, () => {
  const files = Array.from({ length: FILES }, (_, n) => generateFile(FIRST_SEED + n));
  const theirs = readByOpenstacksdk(files.map((file) => JSON.stringify(file)));
  const seen = { same: 0, refused: 0, different: 0 };
  const different: string[] = [];
  for (const [index, file] of files.entries()) {
    const verdict = compare(file, theirs[index]);
    seen[verdict.kind] += 1;
    if (verdict.kind === "different") different.push(`seed ${FIRST_SEED + index}: ${verdict.why}`);
  }
  console.log(JSON.stringify(seen));
  expect(different.slice(0, 7)).toEqual([]);
  expect(seen.same).toBeGreaterThan(FILES / 3);
});

type Verdict = { kind: "same" | "refused" } | { kind: "different"; why: string };

function compare(file: GeneratedFile, their: Theirs | undefined): Verdict {
  if (their === undefined) return { kind: "different", why: "no answer" };
  const our = ourValues(file);
  if ("error" in their) return { kind: "refused" };
  // An empty project_id is the project "None" there (str() of nothing), and an empty project_name leaves the token
  // without a project: here both are missing, and another spelling counts.
  const { project_id: id, project_name: name } = their.auth;
  if (Object.values(their.auth).includes("None") || !(id || name)) return { kind: "refused" };
  if (our.values === undefined) {
    const others = our.refusals.filter((refusal) => !ON_PURPOSE.test(refusal));
    return others.length === 0
      ? { kind: "refused" }
      : { kind: "different", why: `refused here alone: ${others.join("; ")}\n${file.clouds}` };
  }
  const shaped = inOurShape(their);
  if (isDeepStrictEqual(our.values, shaped)) return { kind: "same" };
  const values = `${JSON.stringify(our.values)}\nthere ${JSON.stringify(shaped)}`;
  return { kind: "different", why: `here ${values}\n${file.clouds}${file.secure ?? ""}` };
}

function readByOpenstacksdk(lines: string[]): Theirs[] {
  const out = execFileSync(PYTHON, [SCRIPT], {
    input: lines.join("\n"),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const [version = "", ...answers] = out.trim().split("\n");
  console.log(version);
  return answers.map((answer) => theirsSchema.parse(JSON.parse(answer)));
}

/** With `/v3` at the end of auth_url, and only what Regild keeps: an id makes name and domain superfluous. */
function inOurShape(theirs: Exclude<Theirs, { error: string }>) {
  const auth = Object.fromEntries(
    Object.entries(theirs.auth).filter(([, value]) => value !== null && value !== ""),
  );
  for (const of of ["user", "project"]) {
    const isKnown = auth[`${of}_id`] !== undefined;
    if (isKnown) delete auth[of === "user" ? "username" : "project_name"];
    if (isKnown || auth[`${of}_domain_id`] !== undefined) delete auth[`${of}_domain_name`];
    if (isKnown) delete auth[`${of}_domain_id`];
  }
  // Outside of auth openstacksdk leaves {region_name} as it is, and nothing can be reached.
  const url = String(auth["auth_url"])
    .replaceAll("{region_name}", String(theirs.region))
    .replace(/\/+$/, "");
  const service = (name: "compute" | "volume" | "image") => {
    const { interface: written, region, name: serviceName, ...same } = theirs.services[name];
    return {
      ...same,
      // An empty one is none: here the entry's own counts.
      name: serviceName || null,
      region: region || theirs.region || "",
      interface: [written].flat().map((each) => each.replace(/URL$/, "")),
    };
  };
  return {
    auth: { ...auth, auth_url: url.endsWith("/v3") ? url : `${url}/v3` },
    region: theirs.region ?? "",
    verify: theirs.verify,
    cert: theirs.cert ?? null,
    services: { compute: service("compute"), volume: service("volume"), image: service("image") },
  };
}
