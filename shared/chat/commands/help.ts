import { allowedRecipes } from "../permissions.ts";
import type { Reply } from "../platform.ts";
import { ALLOWABLE, type Allowable } from "../workspace.ts";
import { type Asked, toUser } from "./command.ts";

const USES: Readonly<Record<Allowable, string>> = {
  refresh: "refresh RECIPE: take a new image",
  status: "status [RECIPE or RUN]: how it stands",
  runs: "runs [RECIPE]: the newest runs",
  images: "images RECIPE: its images",
  cancel: "cancel RECIPE or RUN: end the run and undo it",
  approve: "approve RECIPE or RUN: let its new image become current",
  reject: "reject RECIPE or RUN REASON: have its new image deleted",
  rollback: "rollback RECIPE: make the image before current again",
};

/** Lists the commands that this user may use here. */
export function help({ workspace, by, recipes }: Asked, first: string): Reply {
  const allowed = ALLOWABLE.filter(
    (command) => allowedRecipes(workspace, by, command, recipes.keys()).length > 0,
  );
  const ask = workspace.ask ?? "the people who run Regild";
  if (allowed.length === 0) return toUser(first, `You may use no command here. Ask ${ask}.`);
  return toUser(first, ...allowed.map((command) => `${by.prefix} ${USES[command]}`));
}
