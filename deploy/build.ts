import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { loadRecipes } from "../shared/recipe/load.ts";
import { formatProblems } from "../shared/recipe/problem.ts";
import { bundle, FUNCTIONS } from "./bundle.ts";

const RECIPES = "recipes.yml";

process.exitCode = await main();

async function main(): Promise<number> {
  const read = loadRecipes(readFileSync(RECIPES, "utf8"), RECIPES);
  if ("problems" in read) {
    console.error(formatProblems(read.problems).join("\n"));
    return 2;
  }
  const bundles = await Promise.all(FUNCTIONS.map((name) => bundle(name, { minify: true })));
  rmSync("dist", { recursive: true, force: true });
  const write = (file: string, content: Uint8Array | string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  write("dist/recipes.json", `${JSON.stringify([...read.recipes.values()])}\n`);
  for (const { file, code } of bundles) write(file, code);

  console.log(`${"KB of".padEnd(20)} bundle  gzipped`);
  for (const { name, code } of bundles) {
    const [kb, gzippedKb] = [code, gzipSync(code)].map(({ length }) => (length / 1024).toFixed(1));
    console.log(`${name.padEnd(20)} ${kb?.padStart(6)} ${gzippedKb?.padStart(8)}`);
  }
  return 0;
}
