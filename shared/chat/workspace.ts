export const PLATFORMS = ["slack", "mattermost", "discord", "teams"] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** Commands that a rule may allow. `help` and `confirm` need no rule: `confirm` asks for the rule of its command again. */
export const ALLOWABLE = [
  "refresh",
  "status",
  "runs",
  "images",
  "cancel",
  "approve",
  "reject",
  "rollback",
] as const;
export type Allowable = (typeof ALLOWABLE)[number];

/** Lets some people use some commands for some recipes. What no rule allows is refused. */
export interface AllowRule {
  commands: readonly Allowable[];
  recipes: "any" | readonly string[];
  users?: "any" | readonly string[];
  /** Names in the workspace's `groups`. */
  groups?: readonly string[];
  /** Discord only: ids of roles. */
  roles?: readonly string[];
  /** Left out: in every channel. */
  channels?: "any" | readonly string[];
}

/** A chat workspace of regild.yml, whose users may send commands. */
export interface Workspace {
  platform: PlatformName;
  /** Slack: signing secrets. Mattermost: tokens. Teams: security tokens. Two while one replaces the other. */
  secrets?: readonly string[];
  /** Discord: the application's public key, in hex. */
  public_key?: string;
  /** The platform's id of it: a team, a guild. Requests from any other are refused. */
  workspace: string;
  /** Slack, Mattermost, Discord: with it one message per run is edited for as long as the run takes. */
  bot_token?: string;
  /** Mattermost: the server's address, where messages on a run go. Left out: there are none. */
  url?: string;
  /** Mattermost: where its server reaches this workspace's commands. Left out: questions have no buttons. */
  button_url?: string;
  /** True: that address may be a private one. */
  private_addresses?: boolean;
  /** Whom a refused user should ask. */
  ask?: string;
  /** Ids of users by the name of their group. */
  groups?: Readonly<Record<string, readonly string[]>>;
  allow: readonly AllowRule[];
}

/** What the platform's requests are verified with. */
export function keysOf({ secrets = [], public_key: publicKey }: Workspace): readonly string[] {
  return publicKey === undefined ? secrets : [publicKey];
}
