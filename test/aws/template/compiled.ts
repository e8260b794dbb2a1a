import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";

const properties = z.record(z.string(), z.unknown());
const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: properties.default({}),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
});
export const templateSchema = z.looseObject({
  Parameters: properties.default({}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: properties.default({}),
});

export type Template = z.infer<typeof templateSchema>;
export type Resource = z.infer<typeof resourceSchema>;

/** What is deployed: the template, and what is in each function's package. */
export interface Package {
  template: Template;
  files: (name: string) => string[];
}

/** As `npm run package` does it, without an account: nothing of this machine's AWS settings is in the environment. */
export function compile(): Package & Disposable {
  const root = new URL("../../../", import.meta.url).pathname;
  const folder = mkdtempSync(join(tmpdir(), "regild-package-"));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")),
  );
  const run = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: root, env, stdio: "pipe" });
  run("deploy/build.ts");
  run("node_modules/serverless/bin/serverless.js", "package", "--package", folder);
  const text = readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8");
  return {
    template: templateSchema.parse(JSON.parse(text)),
    files: (name) => filesIn(readFileSync(join(folder, `${name}.zip`))),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Names in a zip's central directory. */
function filesIn(zip: Buffer): string[] {
  const names: string[] = [];
  const signature = Buffer.from("PK\u0001\u0002");
  for (let at = zip.indexOf(signature); at !== -1; at = zip.indexOf(signature, at + 1)) {
    names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  }
  return names.toSorted();
}

export function ofType(template: Template, type: string): Array<[id: string, is: Resource]> {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

const reference = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z
    .strictObject({ "Fn::GetAtt": z.tuple([z.string(), z.string()]) })
    .transform((is) => is["Fn::GetAtt"][0]),
]);

/** The resource that a `Ref` or `Fn::GetAtt` speaks of. */
export function targetOf(value: unknown): string | null {
  return reference.safeParse(value).data ?? null;
}

/** Of an object; nothing of anything else. */
export function partsOf(value: unknown): Array<[name: string, part: unknown]> {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
