import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type CloudDefault, loadRecipes } from "../shared/recipe/load.ts";
import { formatProblems } from "../shared/recipe/problem.ts";
import { bundle, FUNCTIONS } from "./bundle.ts";
import { AWS_RULES } from "./recipe-rules.ts";
import { writeIfChanged } from "./write-if-changed.ts";

/** Tests build with the sample. */
const RECIPES = process.argv[2] ?? "recipes.yml";

const NO_DEFAULT_CLOUD: CloudDefault = {
  name: () => null,
  remedy: `Write cloud: and a name in clouds.yaml. On AWS, OS_CLOUD does not count`,
};

process.exitCode = await main();

async function main(): Promise<number> {
  if (!existsSync(RECIPES)) {
    console.error(
      `There is no ${RECIPES} here, and it is packaged with the functions. Write it first: recipes.example.yml is a sample`,
    );
    return 2;
  }
  const read = loadRecipes(readFileSync(RECIPES, "utf8"), RECIPES, AWS_RULES, NO_DEFAULT_CLOUD);
  if ("problems" in read) {
    console.error(formatProblems(read.problems).join("\n"));
    return 2;
  }
  const bundles = await Promise.all(FUNCTIONS.map((name) => bundle(name, { minify: true })));
  writeIfChanged(
    "dist/recipes.json",
    Buffer.from(`${JSON.stringify([...read.recipes.values()])}\n`),
  );
  for (const { file, code } of bundles) writeIfChanged(file, code);

  console.log(`${"KB of".padEnd(20)} bundle  gzipped`);
  for (const { name, code } of bundles) {
    const [kb, gzippedKb] = [code, gzipSync(code)].map(({ length }) => (length / 1024).toFixed(1));
    console.log(`${name.padEnd(20)} ${kb?.padStart(6)} ${gzippedKb?.padStart(8)}`);
  }
  return 0;
}
