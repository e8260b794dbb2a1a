import {
  ALLOWABLE,
  type AllowRule,
  type PlatformName,
  type Workspace,
} from "../../shared/chat/workspace.ts";
import { DISCORD_PUBLIC_KEY, MATTERMOST_TOKEN, SLACK_SECRET, TEAMS_TOKEN } from "./keys.ts";
import { WORKSPACE_IDS } from "./requests.ts";

const KEYS: Readonly<Record<PlatformName, Pick<Workspace, "secrets" | "public_key">>> = {
  slack: { secrets: [SLACK_SECRET] },
  mattermost: { secrets: [MATTERMOST_TOKEN] },
  discord: { public_key: DISCORD_PUBLIC_KEY },
  teams: { secrets: [TEAMS_TOKEN] },
};

export const ANYBODY_ANYTHING: AllowRule = {
  commands: ALLOWABLE,
  recipes: "any",
  users: "any",
};

export function workspaceOf(
  platform: PlatformName,
  allow: readonly AllowRule[] = [ANYBODY_ANYTHING],
): Workspace {
  return {
    platform,
    ...KEYS[platform],
    workspace: WORKSPACE_IDS[platform],
    ask: "Anna",
    allow,
  };
}
