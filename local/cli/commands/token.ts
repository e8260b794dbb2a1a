import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod/mini";
import { SECRET_BYTES } from "../../../shared/access/token-text.ts";
import { ROLES, stateOf } from "../../../shared/access/token.ts";
import { createToken, listTokens, revokeToken } from "../../../shared/access/tokens.ts";
import { randomIds } from "../../ids.ts";
import { SCHEMA } from "../../view/document.ts";
import { tokenNamed, viewToken, viewTokens } from "../../view/tokens.ts";
import type { App } from "../app.ts";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { recipeNamed, recipesOrNone } from "../recipes-file.ts";
import { tokensSheet, tokensText } from "../text/tokens.ts";
import { withStorage } from "../with-records.ts";
import type { Action } from "./action.ts";
import { columnOption, durationMs } from "./options.ts";
import { prose } from "./prose.ts";

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
const NEVER = "never";

const createSchema = z.object({
  role: z.enum(ROLES),
  recipe: z._default(z.nullable(z.array(z.string())), null),
  expires: z.union([z.int(), z.literal(NEVER)]),
});

export function addToken(program: Command, action: Action): void {
  const token = program.command("token").summary("who may use the HTTP API and the page, and how");
  token
    .command("create <name>")
    .summary("make a token, and show it once")
    .description(
      prose(`Makes a token for the HTTP API and the page of regild serve, and prints it. Only its hash is stored, so it
is never shown again. Roles: read reads; run also starts and ends runs, and pauses and resumes recipes; admin also rolls
back, approves, rejects, revokes, pins and unpins images, and runs clean-ups.`),
    )
    .addOption(
      new Option("--role <role>", "required: what it allows").choices(ROLES).makeOptionMandatory(),
    )
    .addOption(
      new Option(
        "--recipe <recipe>",
        "good for this recipe only; repeat it for several (default: all, also later ones)",
      ).argParser((name: string, before: string[] | undefined) => [...(before ?? []), name]),
    )
    .addOption(
      new Option("--expires <duration>", "good for so long, or never")
        .argParser(lifetime)
        .default(durationMs("90d"), "90d"),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild token create monitoring --role read
  regild token create ci --role run --recipe web --expires 30d
  (umask 077; regild token create ci --role run -o json | jq -r .secret > ci.token)`,
    )
    .action(
      action(async (app, { args: [name = ""], options }) =>
        create(app, checkedName(name), createSchema.parse(options)),
      ),
    );
  token
    .command("list")
    .summary("tokens: what each allows, until when, and when it was last used")
    .description(
      prose(`Lists the tokens, the newest first. Those that have expired or were revoked stay in the list for 90 days.
No token is shown, since only hashes are stored.`),
    )
    .addOption(columnOption())
    .addHelpText(
      "after",
      `
Examples:
  regild token list
  regild token list -o value -c TOKEN -c "LAST USED"`,
    )
    .action(
      action(async (app) => {
        const tokens = await withStorage(app, ({ store }) => listTokens(store));
        const document = viewTokens(tokens, app.now());
        app.output.answer({
          document,
          lines: document.tokens.map((each) => ({ token: each })),
          sheet: () => tokensSheet(document.tokens, app.now()),
          text: (_paint, width) => tokensText(document.tokens, app.now(), width),
        });
        return EXIT.done;
      }),
    );
  token
    .command("revoke <token>")
    .summary("end a token now")
    .description(
      prose(`Ends a token at once, and every sign-in to the page that was made with it. The token may be named by its
name or its id.`),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild token revoke ci
  regild token revoke 3kq0z8w1ph`,
    )
    .action(action(async (app, { args: [name = ""] }) => revoke(app, name)));
}

async function create(
  app: App,
  name: string,
  { role, recipe, expires }: z.infer<typeof createSchema>,
): Promise<ExitStatus> {
  const recipes = recipesOrNone(app);
  if (recipes.size > 0) for (const each of recipe ?? []) recipeNamed(recipes, each);
  return withStorage(app, async ({ store }) => {
    const now = app.now();
    const taken = (await listTokens(store)).find(
      (each) => each.name === name && stateOf(each, now) === "good",
    );
    if (taken !== undefined) throw nameTaken(name);
    const { text, token } = await createToken(
      { store, ids: randomIds, now: app.now },
      {
        name,
        role,
        recipes: recipe === null ? null : [...new Set(recipe)],
        createdBy: `${app.userName} (cli)`,
        lifeMs: expires === NEVER ? null : expires,
      },
      randomBytes(SECRET_BYTES),
    );
    app.output.answer({
      document: { schema: SCHEMA, token: viewToken(token, now), secret: text },
      text: () => [text],
    });
    app.output.hint(
      `Token ${name} (${token.id}), ${role}, ${token.recipes?.join(", ") ?? "all recipes"}. Keep it now: it is not shown again.`,
    );
    return EXIT.done;
  });
}

async function revoke(app: App, name: string): Promise<ExitStatus> {
  return withStorage(app, async ({ store }) => {
    const found = tokenNamed(await listTokens(store), name, app.now());
    const deps = { store, ids: randomIds, now: app.now };
    const revoked = (await revokeToken(deps, found.id, `${app.userName} (cli)`)) ?? found;
    app.output.answer({
      document: { schema: SCHEMA, token: viewToken(revoked, app.now()) },
      text: () => [`Revoked: token ${revoked.name} (${revoked.id})`],
    });
    return EXIT.done;
  });
}

function lifetime(text: string): number | typeof NEVER {
  if (text === NEVER) return NEVER;
  const ms = durationMs(text);
  if (ms === 0) throw new InvalidArgumentError("Write how long it is good, for example 90d");
  return ms;
}

/** @throws CommandError */
function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new CommandError(`The name ${JSON.stringify(name)} is not one for a token`, {
    status: EXIT.usage,
    code: "wrong-usage",
    remedy: "Write up to 63 letters, digits, hyphens, dots and underscores, for example ci",
  });
}

function nameTaken(name: string): CommandError {
  return new CommandError(`There is a token named ${name} already`, {
    status: EXIT.refused,
    code: "name-taken",
    remedy: `Choose another name, or end that one first: regild token revoke ${name}`,
  });
}
