import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { describe, expect, it } from "vitest";

/** Each part of the tree, by the longest matching path, and the parts it may import besides itself and the domain. */
const MAY_IMPORT: Record<string, string[]> = {
  "shared/": [], // the domain: recipe, run, image … and the ports
  "shared/protocol/": [],
  "shared/steps/": ["shared/protocol/"],
  "shared/commands/": ["shared/protocol/"],
  "shared/access/": ["shared/protocol/"],
  "shared/openstack/": [],
  "shared/sqlite/": [],
  "shared/aws/": ["shared/notify/"],
  "shared/webhook/": ["shared/protocol/"],
  "shared/callback/": ["shared/protocol/", "shared/webhook/"],
  "shared/hook/": ["shared/protocol/", "shared/webhook/", "shared/callback/"],
  "shared/chat/": ["shared/commands/", "shared/protocol/", "shared/webhook/"],
  "shared/notify/": ["shared/protocol/", "shared/webhook/", "shared/chat/", "shared/callback/"],
  "shared/settings/": [
    "shared/access/",
    "shared/webhook/",
    "shared/chat/",
    "shared/callback/",
    "shared/notify/",
  ],
  "shared/lambda/": [
    "shared/steps/",
    "shared/protocol/",
    "shared/openstack/",
    "shared/aws/",
    "shared/webhook/",
    "shared/chat/",
    "shared/callback/",
    "shared/notify/",
    "shared/access/",
    "shared/settings/",
  ],
  "functions/": [
    "shared/steps/",
    "shared/protocol/",
    "shared/lambda/",
    "shared/webhook/",
    "shared/chat/",
    "shared/callback/",
    "shared/hook/",
    "shared/notify/",
  ],
  // The page and the HTTP API, which one machine answers without a function.
  "functions/dashboard/": ["local/", "shared/lambda/"],
  "local/": [
    "shared/steps/",
    "shared/commands/",
    "shared/access/",
    "shared/protocol/",
    "shared/openstack/",
    "shared/sqlite/",
    "shared/aws/",
    "shared/lambda/",
    "shared/webhook/",
    "shared/chat/",
    "shared/callback/",
    "shared/notify/",
    "shared/settings/",
    "functions/",
  ],
};
const DOMAIN = "shared/";

/** Where the outside world is reached; elsewhere in shared/ only pure packages and hashes are imported. */
const ADAPTERS = [
  "shared/sqlite/",
  "shared/aws/",
  "shared/lambda/",
  "functions/",
  "functions/dashboard/",
  "local/",
];
const PURE_PACKAGES = [
  "zod/mini",
  "zod/v4/core",
  "yaml",
  "croner",
  "leven",
  "node:crypto",
  "node:util",
  "node:zlib",
  "@aws-lambda-powertools/jmespath",
  "@aws-lambda-powertools/jmespath/functions",
];

const files = globSync(["shared/**/*.ts", "functions/**/*.ts", "local/**/*.ts"]).toSorted();

function partOf(file: string): string {
  if (file === "shared/openstack/errors.ts") return DOMAIN; // what the ports throw
  const parts = Object.keys(MAY_IMPORT).filter((part) => file.startsWith(part));
  return parts.toSorted((a, b) => b.length - a.length)[0] ?? file;
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const found = source.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";/gms);
  const lazy = source.matchAll(/\bimport\("([^"]+)"\)/g);
  return [...found, ...lazy].flatMap((match) => match[1] ?? []);
}

function forbidden(file: string, specifier: string): boolean {
  const part = partOf(file);
  if (specifier.startsWith(".")) {
    const target = partOf(join(dirname(file), specifier));
    return ![part, DOMAIN, ...(MAY_IMPORT[part] ?? [])].includes(target);
  }
  return !ADAPTERS.includes(part) && !PURE_PACKAGES.includes(specifier);
}

describe("the parts of the tree", () => {
  it("are found", () => {
    expect(files.length).toBeGreaterThan(5);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(5);
  });

  it.each(files)("%s imports only what its part may", (file) => {
    expect(importsOf(file).filter((specifier) => forbidden(file, specifier))).toEqual([]);
  });
});

describe("the rule itself", () => {
  it.each([
    ["shared/steps/create-image.ts", "../openstack/session.ts"],
    ["shared/steps/create-image.ts", "../sqlite/store.ts"],
    ["shared/protocol/sweep.ts", "../aws/sqs-queue.ts"],
    ["shared/openstack/images.ts", "../steps/create-image.ts"],
    ["shared/run/record.ts", "../protocol/actor.ts"],
    ["shared/protocol/actor.ts", "../../local/clock.ts"],
    ["shared/openstack/session.ts", "undici"],
    ["shared/webhook/receive.ts", "../lambda/backend.ts"],
    ["shared/webhook/receive.ts", "../chat/receive.ts"],
    ["functions/create-image/handler.ts", "../../shared/openstack/cloud.ts"],
  ])("%s may not import %s", (file, specifier) => {
    expect(forbidden(file, specifier)).toBe(true);
  });

  it("allows a step the ports", () => {
    expect(forbidden("shared/steps/create-image.ts", "../ports.ts")).toBe(false);
    expect(forbidden("shared/steps/create-image.ts", "../openstack/errors.ts")).toBe(false);
  });
});
