import { discord } from "./discord.ts";
import { mattermost } from "./mattermost.ts";
import type { Platform } from "./platform.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";
import type { PlatformName } from "./workspace.ts";

export const PLATFORM: Readonly<Record<PlatformName, Platform>> = {
  slack,
  mattermost,
  discord,
  teams,
};
