import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Puts README.md, CHANGELOG.md, SECURITY.md and docs/ side by side into pages/, as VitePress reads them. */
const here = (path) => new URL(path, import.meta.url);

rmSync(here("pages"), { recursive: true, force: true });
cpSync(here("../docs"), here("pages"), { recursive: true });
for (const name of readdirSync(here("pages")).filter((file) => file.endsWith(".md"))) {
  const page = here(`pages/${name}`);
  const text = readFileSync(page, "utf8");
  writeFileSync(page, text.replaceAll(/\]\(\.\.\/(CHANGELOG|SECURITY)\.md/g, "]($1.md"));
}
for (const [from, to] of [
  ["README.md", "index.md"],
  ["CHANGELOG.md", "CHANGELOG.md"],
  ["SECURITY.md", "SECURITY.md"],
]) {
  const text = readFileSync(here(`../${from}`), "utf8");
  writeFileSync(here(`pages/${to}`), text.replaceAll("](docs/", "]("));
}
