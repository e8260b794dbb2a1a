import type { Recipe } from "../../recipe/recipe.ts";
import type { Deps } from "../../protocol/step.ts";
import type { ChatCommand, Reply } from "../platform.ts";
import type { Workspace } from "../workspace.ts";

/** What a command works with. It reads the store or writes a trigger; no command calls a cloud. */
export interface Asked {
  on: Pick<Deps, "store" | "queue" | "ids" | "log" | "now">;
  installationId: string;
  recipes: ReadonlyMap<string, Recipe>;
  /** The workspace's name in regild.yml. */
  workspaceName: string;
  workspace: Workspace;
  by: ChatCommand;
}

export function toUser(title: string, ...lines: string[]): Reply {
  return { title, lines, confirm: null, seenBy: "user" };
}

export function toChannel(title: string, ...lines: string[]): Reply {
  return { title, lines, confirm: null, seenBy: "channel" };
}
