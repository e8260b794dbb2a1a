import { build, type Metafile } from "esbuild";
import { yamlModules } from "../../deploy/yaml-modules.ts";
import type { Startable } from "./starts.ts";

/** Each alone in a bundle, used once as functions use it. */
const ALONE: Record<string, string> = {
  "node:crypto": `
    import { createHmac } from "node:crypto";
    export const handler = async () => createHmac("sha256", "key").update("text").digest("hex");`,
  "node:crypto, node:https": `
    import { createHmac } from "node:crypto";
    import { Agent } from "node:https";
    export const handler = async () => [
      createHmac("sha256", "key").update("text").digest("hex"),
      new Agent(),
    ];`,
  aws4: `
    import aws4 from "aws4";
    const call = { host: "sqs.eu-central-1.amazonaws.com", body: "{}" };
    export const handler = async () => aws4.sign(call, { accessKeyId: "id", secretAccessKey: "key" });`,
  "@middy/core": `
    import middy from "@middy/core";
    export const handler = middy(async () => {});`,
  "@aws-lambda-powertools/logger": `
    import { Logger } from "@aws-lambda-powertools/logger";
    export const handler = async () => new Logger();`,
  zod: `
    import { en } from "zod/locales";
    import * as z from "zod/mini";
    z.config(en());
    const schema = z.strictObject({
      id: z.string(),
      count: z.int().check(z.nonnegative()),
      states: z.nullable(z.array(z.enum(["ACTIVE", "SHUTOFF"]))),
    });
    export const handler = async () => schema.safeParse({});`,
  yaml: `
    import { parseDocument } from "yaml";
    export const handler = async () =>
      parseDocument("clouds: {}", { version: "1.1", schema: "failsafe" }).contents;`,
  "all but yaml": `
    import { Agent } from "node:https";
    import { Logger } from "@aws-lambda-powertools/logger";
    import middy from "@middy/core";
    import aws4 from "aws4";
    import { en } from "zod/locales";
    import * as z from "zod/mini";
    z.config(en());
    const schema = z.object({ id: z.string(), count: z.int().check(z.nonnegative()) });
    const call = { host: "sqs.eu-central-1.amazonaws.com", body: "{}" };
    export const handler = middy(async () => [
      new Agent(),
      new Logger(),
      aws4.sign(call, { accessKeyId: "id", secretAccessKey: "key" }),
      schema.safeParse({}),
    ]);`,
};

export function packagesAlone(): Promise<Startable[]> {
  return Promise.all(
    Object.entries(ALONE).map(async ([name, contents]) => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: process.cwd() },
        bundle: true,
        platform: "node",
        target: "node24",
        format: "cjs",
        plugins: [yamlModules],
        minify: true,
        write: false,
      });
      return { name, code: outputFiles[0]?.contents ?? "", event: {}, calls: false };
    }),
  );
}

/** Bytes of a bundle by package, not compressed. */
export function bytesByPackage({ outputs }: Metafile): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "Regild's own";
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return bytes;
}
