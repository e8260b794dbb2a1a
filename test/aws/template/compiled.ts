import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { unzip } from "./zip.ts";

const properties = z.record(z.string(), z.unknown());
const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z._default(properties, {}),
  DependsOn: z.optional(z.union([z.string(), z.array(z.string())])),
});
export const templateSchema = z.looseObject({
  Parameters: z._default(properties, {}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z._default(properties, {}),
});

export type Template = z.infer<typeof templateSchema>;
export type Resource = z.infer<typeof resourceSchema>;

/** What is deployed: the template, and what is in each function's package. */
export interface Package {
  template: Template;
  /** @param name of the zip, without its extension. */
  files: (name: string) => Map<string, Buffer>;
}

/**
 * As `npm run package` does it, without an account: nothing of this machine's AWS settings is in the environment.
 * @param options of the command, such as `--param`.
 */
export function compileInto(folder: string, ...options: string[]): void {
  const root = new URL("../../../", import.meta.url).pathname;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
  );
  const run = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: root, env, stdio: "pipe" });
  run("deploy/build.ts", "recipes.example.yml");
  run("node_modules/serverless/bin/serverless.js", "package", "--package", folder, ...options);
}

export function readPackage(folder: string): Package {
  const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  return {
    template: templateSchema.parse(JSON.parse(text)),
    files: (name) => unzip(readFileSync(join(folder, `${name}.zip`))),
  };
}

export function compile(...options: string[]): Package & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "regild-package-"));
  compileInto(folder, ...options);
  return {
    ...readPackage(folder),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

export function ofType(template: Template, type: string): Array<[id: string, is: Resource]> {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

const reference = z.union([
  z.pipe(
    z.strictObject({ Ref: z.string() }),
    z.transform(({ Ref }) => Ref),
  ),
  z.pipe(
    z.strictObject({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) }),
    z.transform((is) => is["Fn::GetAtt"][0]),
  ),
]);

/** The resource that a `Ref` or `Fn::GetAtt` speaks of. */
export function targetOf(value: unknown): string | null {
  return reference.safeParse(value).data ?? null;
}

/** Of an object; nothing of anything else. */
export function partsOf(value: unknown): Array<[name: string, part: unknown]> {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
