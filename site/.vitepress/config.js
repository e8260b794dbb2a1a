import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";

/** Where the files of the repository can be read, for example https://HOST/regild/blob/main; empty: they get no link. */
const SOURCE_URL = process.env.SOURCE_URL ?? "";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The table "you want to … | read" of the README: each row a group, each link a page. */
function sidebar() {
  const rows = readme.matchAll(/^\| ([a-z][^|]+) \| (.*\]\(.*) \|$/gm);
  return [...rows].map(([, wish, links]) => ({
    text: wish.charAt(0).toUpperCase() + wish.slice(1),
    collapsed: true,
    items: [...links.matchAll(/\[([^\]]+)\]\((?:docs\/)?([\w-]+)\.md\)/g)].map(
      ([, text, page]) => ({
        text: text.charAt(0).toUpperCase() + text.slice(1),
        link: `/${page}`,
      }),
    ),
  }));
}

/** Vue would take `${{ name }}` in a line for an expression of its own, and leave the page empty. */
function keepBraces(markdown) {
  const { rules } = markdown.renderer;
  const escaped = (text) => markdown.utils.escapeHtml(text).replaceAll("{{", "&#123;&#123;");
  rules.text = (tokens, index) => escaped(tokens[index].content);
  rules.code_inline = (tokens, index) => `<code v-pre>${escaped(tokens[index].content)}</code>`;
}

/** A link out of docs/ leads to a file of the repository. */
function linkSources(markdown) {
  const plain = markdown.renderer.rules.link_open;
  markdown.core.ruler.push("sources", ({ tokens }) => {
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const href = token.attrGet("href");
        if (token.type !== "link_open" || !href?.startsWith("../")) continue;
        if (SOURCE_URL === "") token.attrs = null;
        else token.attrSet("href", `${SOURCE_URL}/${href.slice(3)}`);
      }
    }
  });
  markdown.renderer.rules.link_open = (tokens, index, options, env, self) =>
    tokens[index].attrs === null
      ? self.renderToken(tokens, index, options)
      : plain(tokens, index, options, env, self);
}

export default defineConfig({
  title: "Regild",
  description: "Keeps golden images fresh on OpenStack-family clouds.",
  lang: "en",
  srcDir: "pages",
  cleanUrls: true,
  markdown: {
    config: (markdown) => {
      keepBraces(markdown);
      linkSources(markdown);
    },
  },
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Install", link: "/install" },
      { text: "Tutorial", link: "/tutorial" },
      { text: "Recipes", link: "/recipe-reference" },
      { text: "Commands", link: "/cli" },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
  },
});
