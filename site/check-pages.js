import { existsSync, readdirSync, readFileSync } from "node:fs";

/** VitePress ends with 0 when it could not render a page: whether each page is there, with its heading. */
const here = (path) => new URL(path, import.meta.url);

const missing = readdirSync(here("pages"))
  .filter((file) => file.endsWith(".md"))
  .filter((file) => {
    const page = here(`.vitepress/dist/${file.replace(/\.md$/, ".html")}`);
    return !existsSync(page) || !readFileSync(page, "utf8").includes("<h1");
  });
if (missing.length > 0) {
  console.error(`not rendered: ${missing.join(", ")}. The error stands above`);
  process.exitCode = 1;
}
