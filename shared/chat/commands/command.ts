import type { Recipe } from "../../recipe/recipe.ts";
import { cloudWords } from "../../plain-text.ts";
import type { Deps } from "../../protocol/step.ts";
import type { Asker } from "../confirmation.ts";
import type { ChatCommand, Reply } from "../platform.ts";
import type { SharedRead } from "../shared-read.ts";
import type { Workspace } from "../workspace.ts";

/** What a command works with. It reads the store or writes a trigger; no command calls a cloud. */
export interface Asked {
  on: Pick<Deps, "store" | "queue" | "keepTogether" | "ids" | "log" | "now"> & {
    sharedRead: SharedRead;
  };
  installationId: string;
  recipes: ReadonlyMap<string, Recipe>;
  /** The workspace's name in regild.yml. */
  workspaceName: string;
  workspace: Workspace;
  by: ChatCommand;
}

const LONGEST_NAME = 60;

/** Who asks, for records and reports: `anna (slack)`. */
export function personOf({ by, workspace }: Asked): string {
  const name = cloudWords(by.userName === "" ? by.user : by.userName, LONGEST_NAME);
  return `${name} (${workspace.platform})`;
}

export function askerOf({ installationId, workspaceName, by }: Asked): Asker {
  return { installationId, workspace: workspaceName, user: by.user };
}

export function toUser(title: string, ...lines: string[]): Reply {
  return { title, lines, confirm: null, seenBy: "user" };
}

export function toChannel(title: string, ...lines: string[]): Reply {
  return { title, lines, confirm: null, seenBy: "channel" };
}
