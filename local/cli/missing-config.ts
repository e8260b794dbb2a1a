import type { Recipe } from "../../shared/recipe/recipe.ts";

/** What recipes name and regild.yml defines, and what to write there. */
const DEFINED: ReadonlyArray<{
  section: "senders" | "callbacks" | "notifications";
  /** Names in the recipe. */
  named: (recipe: Recipe) => string[];
  /** What the recipes name. */
  thing: string;
  example: string;
}> = [
  {
    section: "senders",
    named: ({ webhook }) => (webhook === null ? [] : [webhook.sender]),
    thing: "a sender",
    example: '{ scheme: github, secrets: ["…"] }',
  },
  {
    section: "callbacks",
    named: ({ prepare: { hook } }) => (hook === null ? [] : [hook.to]),
    thing: "the program of a hook",
    example: '{ url: "https://…", secrets: ["whsec_…"] }',
  },
  {
    section: "callbacks",
    named: ({ callback }) => (callback === null ? [] : [callback.to]),
    thing: "a callback",
    example: '{ url: "https://…", secrets: ["whsec_…"] }',
  },
  {
    section: "callbacks",
    named: ({ commitStatus }) => (commitStatus === null ? [] : [commitStatus.to]),
    thing: "a Git host",
    example: '{ type: github, token: "…", repositories: ["example/*"] }',
  },
  {
    section: "notifications",
    named: ({ notifications }) => notifications.map(({ to }) => to),
    thing: "who is notified",
    example: '{ kind: slack, url: "https://hooks.slack.com/…" }',
  },
];

/** Lines for people. No lines if no recipe names anything. On another machine, or on AWS, the file may be there. */
export function missingConfig(recipes: ReadonlyMap<string, Recipe>, configFile: string): string[] {
  const reasons: string[] = [];
  const sections = new Map<string, Map<string, string>>();
  for (const { section, named, thing, example } of DEFINED) {
    const naming = [...recipes.values()].filter((recipe) => named(recipe).length > 0);
    if (naming.length === 0) continue;
    const names = naming.map(({ name }) => name).join(", ");
    reasons.push(`${names} ${naming.length === 1 ? "names" : "name"} ${thing}`);
    const lines = sections.get(section) ?? new Map<string, string>();
    for (const name of naming.flatMap(named)) lines.set(name, lines.get(name) ?? example);
    sections.set(section, lines);
  }
  if (reasons.length === 0) return [];
  return [
    `There is no ${configFile}, and ${new Intl.ListFormat("en").format(reasons)}. regild serve needs it. Write it, and chmod 600 ${configFile}:`,
    ...[...sections].flatMap(([section, lines]) => [
      `${section}:`,
      ...[...lines].map(([name, example]) => `  ${name}: ${example}`),
    ]),
  ];
}
