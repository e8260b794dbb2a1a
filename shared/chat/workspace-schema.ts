import * as z from "zod/mini";
import { boolean, mapping, oneOf, rule, string } from "../recipe/field.ts";
import { chatSecret, nameProblem } from "../webhook/config-file.ts";
import { ALLOWABLE, PLATFORMS, type Workspace } from "./workspace.ts";

const EXAMPLE = 'chat: { ops: { platform: slack, secrets: ["…"], workspace: T0123, allow: [] } }';
const TEAMS_KEY_BYTES = 32;

const list = <T extends z.core.SomeType>(item: T, example: string) =>
  z.array(item, {
    error: ({ input }) =>
      `${input === undefined ? "is missing" : "is not a list"}. Write ${example}`,
  });
const ids = (example: string) =>
  list(string("an id, in quotes"), example).check(
    z.minLength(1, { error: `is empty. Write ${example}` }),
  );
const anyOrIds = (example: string) =>
  z.union([z.literal("any"), ids(example)], {
    error: ({ input }) =>
      `${input === undefined ? "is missing" : "is neither any nor a list"}. Write any, or ${example}`,
  });

const ruleFields = {
  commands: list(oneOf(ALLOWABLE), "commands: [status, refresh]"),
  recipes: anyOrIds("recipes: [web]"),
  users: z.exactOptional(anyOrIds('users: ["U0123"]')),
  groups: z.exactOptional(ids("groups: [ops]")),
  roles: z.exactOptional(ids('roles: ["0123"]')),
  channels: z.exactOptional(anyOrIds('channels: ["C0123"]')),
};
const RULE_EXAMPLE = '{ commands: [status], recipes: any, users: ["U0123"] }';
const allowRule = mapping(ruleFields, RULE_EXAMPLE).check(
  rule(({ users, groups, roles }) =>
    users === undefined && groups === undefined && roles === undefined
      ? 'allows nobody. Add users: ["…"], groups: [ops] or users: any'
      : null,
  ),
);

const workspaceFields = {
  platform: oneOf(PLATFORMS),
  secrets: z.exactOptional(
    list(chatSecret, 'secrets: ["…"]').check(
      z.minLength(1, { error: 'is empty. Write secrets: ["…"]' }),
    ),
  ),
  public_key: z.exactOptional(
    string("the application's public key, in quotes").check(
      z.regex(/^[0-9a-f]{64}$/, {
        error: "is not 64 hexadecimal digits. Copy the public key anew",
      }),
    ),
  ),
  workspace: string("the platform's id of the workspace, in quotes"),
  bot_token: z.exactOptional(chatSecret),
  url: z.exactOptional(
    string("the address of the Mattermost server, for example https://chat.example.com").check(
      rule((text) =>
        URL.canParse(text) && new URL(text).protocol === "https:"
          ? null
          : "is no https address. Write https://chat.example.com",
      ),
    ),
  ),
  button_url: z.exactOptional(
    string("the address of these commands, for example https://regild.example.com/chat/ops").check(
      rule((text) =>
        URL.canParse(text) && new URL(text).protocol === "https:"
          ? null
          : "is no https address. Write https://regild.example.com/chat/ops",
      ),
    ),
  ),
  private_addresses: z.exactOptional(boolean()),
  ask: z.exactOptional(string("whom to ask, for example Anna")),
  groups: z.exactOptional(z.record(z.string(), ids('ops: ["U0123"]'))),
  allow: list(allowRule, `allow: [${RULE_EXAMPLE}]`),
};

const workspace = mapping(workspaceFields, "platform: slack below it").check((context) => {
  const is: Workspace = context.value;
  const report = (path: Array<string | number>, message: string): void => {
    context.issues.push({ code: "custom", message, input: is, path });
  };
  const { platform, secrets, public_key: publicKey, groups = {} } = is;
  if (platform === "discord") {
    if (publicKey === undefined)
      report(["public_key"], "is missing. Discord signs with a key pair");
    if (secrets !== undefined) report(["secrets"], "is not for discord. Write public_key instead");
  } else {
    if (secrets === undefined) report(["secrets"], 'is missing. Write secrets: ["…"]');
    if (publicKey !== undefined)
      report(["public_key"], "is for discord only. Write secrets instead");
  }
  if (platform === "teams") {
    for (const [at, each] of (secrets ?? []).entries()) {
      if (Buffer.from(each, "base64").length === TEAMS_KEY_BYTES) continue;
      report(["secrets", at], "is not the security token that Teams shows. Copy it anew");
    }
  }
  for (const key of ["url", "button_url"] as const) {
    if (platform !== "mattermost" && is[key] !== undefined)
      report([key], "is for mattermost only. Take it out");
  }
  if (platform === "teams" && is.bot_token !== undefined) {
    report(["bot_token"], "is not for teams, which takes no later message. Take it out");
  }
  for (const [at, each] of is.allow.entries()) {
    if (platform !== "discord" && each.roles !== undefined) {
      report(["allow", at, "roles"], "is for discord only. Write groups instead");
    }
    const unknown = each.groups?.findIndex((group) => !Object.hasOwn(groups, group)) ?? -1;
    if (unknown !== -1) {
      report(["allow", at, "groups", unknown], "is no group of this workspace. Write it in groups");
    }
  }
});

/** The chat workspaces of regild.yml. */
export const workspaces = z.record(
  z.string().check(rule(nameProblem("a workspace's name"))),
  workspace,
  { error: () => `is not a mapping. Write ${EXAMPLE}` },
);

export const WORKSPACE_KEYS = Object.keys(workspaceFields);
export const RULE_KEYS = Object.keys(ruleFields);
