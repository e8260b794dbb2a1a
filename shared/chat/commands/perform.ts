import { takeConfirmation } from "../confirmation.ts";
import { type CommandName, parseCommand } from "../parse-command.ts";
import { isAllowed } from "../permissions.ts";
import type { Reply } from "../platform.ts";
import type { Allowable } from "../workspace.ts";
import { answerNow, approve } from "./approve.ts";
import { cancel, cancelNow } from "./cancel.ts";
import { type Asked, toUser } from "./command.ts";
import { recipeIn } from "./find.ts";
import { help } from "./help.ts";
import { images } from "./images.ts";
import { refresh } from "./refresh.ts";
import { missingArgument, notAllowed, unknownName } from "./refusals.ts";
import { reject } from "./reject.ts";
import { rollback, rollbackNow } from "./rollback.ts";
import { runs } from "./runs.ts";
import { statusOf, statusOfAll } from "./status.ts";

/** Does what a user asked for, if the rules allow it. */
export async function perform(asked: Asked): Promise<Reply> {
  const parsed = parseCommand(asked.by.text);
  if (parsed.kind === "unknown") return help(asked, `There is no command ${parsed.word}`);
  if (parsed.kind === "too-many") return toUser(`${parsed.name} takes one name at most`);
  const { name, argument, rest = "" } = parsed;
  if (name === "help") return help(asked, "Regild keeps images fresh");
  if (name === "confirm") return confirm(asked, argument);
  return argument === null
    ? withoutArgument(asked, name)
    : withArgument(asked, name, argument, rest);
}

async function withoutArgument(asked: Asked, name: Allowable): Promise<Reply> {
  if (name === "status") return statusOfAll(asked);
  if (name === "runs") return runs(asked, null);
  return missingArgument(asked, name);
}

async function withArgument(
  asked: Asked,
  name: Allowable,
  argument: string,
  rest: string,
): Promise<Reply> {
  const { workspace, by, recipes } = asked;
  const recipe = recipes.get(recipeIn(argument, recipes) ?? "");
  if (recipe === undefined) return unknownName(asked, name, argument);
  if (!isAllowed(workspace, by, name, recipe.name)) return refuse(asked, name, argument);
  switch (name) {
    case "refresh":
      return argument === recipe.name ? refresh(asked, recipe) : missingArgument(asked, name);
    case "status":
      return statusOf(asked, recipe, argument);
    case "runs":
      return runs(asked, recipe.name);
    case "images":
      return images(asked, recipe.name);
    case "cancel":
      return cancel(asked, recipe, argument);
    case "approve":
      return approve(asked, recipe, argument);
    case "reject":
      return reject(asked, recipe, argument, rest);
    case "rollback":
      return argument === recipe.name ? rollback(asked, recipe) : missingArgument(asked, name);
  }
}

async function confirm(asked: Asked, word: string | null): Promise<Reply> {
  const { on, installationId, workspaceName, workspace, by, recipes } = asked;
  const asker = { installationId, workspace: workspaceName, user: by.user };
  const taken = await takeConfirmation(on, asker, word ?? "");
  const nothing = toUser(
    "There is nothing to confirm",
    "A confirmation is good for two minutes, once, and only for the user who asked.",
  );
  if (taken === null) return nothing;
  const { command, runId, imageId, reason } = taken.doc;
  const recipeName = recipeIn(runId, recipes) ?? "";
  if (!isAllowed(workspace, by, command, recipeName)) return refuse(asked, command, runId);
  if (!(await taken.use())) return nothing;
  switch (command) {
    case "cancel":
      return cancelNow(asked, runId, recipeName);
    case "approve":
      return answerNow(asked, runId, recipeName, { kind: "approved", reason: null });
    case "reject":
      return answerNow(asked, runId, recipeName, { kind: "rejected", reason });
    case "rollback":
      return rollbackNow(asked, recipeName, imageId);
  }
}

function refuse(asked: Asked, command: CommandName, about: string): Reply {
  const { on, workspaceName, by } = asked;
  const { user, channel } = by;
  on.log.warn("chat command not allowed", {
    workspace: workspaceName,
    user,
    channel,
    command,
    about,
  });
  return notAllowed(asked, command, about);
}
