import { writeFileSync } from "node:fs";
import { cliReference } from "./reference/cli-reference.ts";
import { recipeReference } from "./reference/recipe-reference.ts";

const write = (page: string, text: string): void =>
  writeFileSync(new URL(`../docs/${page}`, import.meta.url), text);

write("cli.md", await cliReference());
write("recipe-reference.md", recipeReference());
