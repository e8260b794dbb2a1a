import type { Recipe } from "../../shared/recipe/recipe.ts";

/** What recipes name and regild.yml defines, and what to write there. */
const DEFINED: ReadonlyArray<{
  section: "senders" | "callbacks" | "notifications";
  /** Names in the recipe. */
  named: (recipe: Recipe) => string[];
  /** Before the recipes' names. */
  does: string;
  example: string;
}> = [
  {
    section: "senders",
    named: ({ webhook }) => (webhook === null ? [] : [webhook.sender]),
    does: "senders start",
    example: '{ scheme: github, secrets: ["…"] }',
  },
  {
    section: "callbacks",
    named: ({ prepare: { hook } }) => (hook === null ? [] : [hook.to]),
    does: "hooks prepare",
    example: '{ url: "https://…", secrets: ["whsec_…"] }',
  },
  {
    section: "callbacks",
    named: ({ callback }) => (callback === null ? [] : [callback.to]),
    does: "callbacks tell of",
    example: '{ url: "https://…", secrets: ["whsec_…"] }',
  },
  {
    section: "callbacks",
    named: ({ commitStatus }) => (commitStatus === null ? [] : [commitStatus.to]),
    does: "Git hosts show",
    example: '{ type: github, token: "…", repositories: ["example/*"] }',
  },
  {
    section: "notifications",
    named: ({ notifications }) => notifications.map(({ to }) => to),
    does: "notifications tell of",
    example: '{ kind: slack, url: "https://hooks.slack.com/…" }',
  },
];

/** Lines for people. No lines if no recipe names anything. On another machine, or on AWS, the file may be there. */
export function missingConfig(recipes: ReadonlyMap<string, Recipe>, configFile: string): string[] {
  const reasons: string[] = [];
  const sections = new Map<string, Map<string, string>>();
  for (const { section, named, does, example } of DEFINED) {
    const naming = [...recipes.values()].filter((recipe) => named(recipe).length > 0);
    if (naming.length === 0) continue;
    reasons.push(`${does} ${naming.map(({ name }) => name).join(", ")}`);
    const lines = sections.get(section) ?? new Map<string, string>();
    for (const name of naming.flatMap(named)) lines.set(name, lines.get(name) ?? example);
    sections.set(section, lines);
  }
  if (reasons.length === 0) return [];
  return [
    `There is no ${configFile}, and ${new Intl.ListFormat("en").format(reasons)}. Write it, and chmod 600 ${configFile}:`,
    ...[...sections].flatMap(([section, lines]) => [
      `${section}:`,
      ...[...lines].map(([name, example]) => `  ${name}: ${example}`),
    ]),
  ];
}
