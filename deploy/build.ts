import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { loadRecipes } from "../shared/recipe/load.ts";
import { formatProblems } from "../shared/recipe/problem.ts";
import { bundle, FUNCTIONS } from "./bundle.ts";

const RECIPES = "recipes.yml";

process.exitCode = await main();

async function main(): Promise<number> {
  if (!existsSync(RECIPES)) {
    console.error(
      `There is no ${RECIPES} here, and it is packaged with the functions. Write it first`,
    );
    return 2;
  }
  const read = loadRecipes(readFileSync(RECIPES, "utf8"), RECIPES);
  if ("problems" in read) {
    console.error(formatProblems(read.problems).join("\n"));
    return 2;
  }
  const bundles = await Promise.all(FUNCTIONS.map((name) => bundle(name, { minify: true })));
  write("dist/recipes.json", Buffer.from(`${JSON.stringify([...read.recipes.values()])}\n`));
  for (const { file, code } of bundles) write(file, code);

  console.log(`${"KB of".padEnd(20)} bundle  gzipped`);
  for (const { name, code } of bundles) {
    const [kb, gzippedKb] = [code, gzipSync(code)].map(({ length }) => (length / 1024).toFixed(1));
    console.log(`${name.padEnd(20)} ${kb?.padStart(6)} ${gzippedKb?.padStart(8)}`);
  }
  return 0;
}

/** What is there already stays as it is: somebody may be reading it. */
function write(file: string, content: Uint8Array): void {
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
