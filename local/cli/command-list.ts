import type { Command } from "commander";
import type { Action } from "./commands/action.ts";

type AddCommand = (program: Command, action: Action) => void;

/** A command as `regild --help` lists it. Its options, texts and work are in a module that is loaded when it is asked for. */
export interface ListedCommand {
  /** Name, `[options]` if it has any, and arguments: `status [options] [recipe|run]`. An alias stands after a bar. */
  term: string;
  summary: string;
  load: () => Promise<AddCommand>;
}

/** Every command, in the order of the help. test/cli/command-list.test.ts compares it with the commands themselves. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    term: "demo [options]",
    summary: "six refreshes on a simulated cloud: no account, no files",
    load: async () => (await import("./commands/demo.ts")).addDemo,
  },
  {
    term: "init [options]",
    summary: "write the first recipes.yml: looks into the cloud, and asks",
    load: async () => (await import("./commands/init.ts")).addInit,
  },
  {
    term: "recipes",
    summary: "look after the recipe file",
    load: async () => (await import("./commands/recipes-check.ts")).addRecipes,
  },
  {
    term: "senders [options]",
    summary: "who may start runs by webhooks, and which",
    load: async () => (await import("./commands/senders.ts")).addSenders,
  },
  {
    term: "config",
    summary: "which files are used, and who says so",
    load: async () => (await import("./commands/config.ts")).addConfig,
  },
  {
    term: "doctor [options] [recipes...]",
    summary: "what the credentials may do, what the clouds can do, and each recipe's source",
    load: async () => (await import("./commands/doctor.ts")).addDoctor,
  },
  {
    term: "serve [options]",
    summary: "the host: starts runs by schedule, and does the work of all runs",
    load: async () => (await import("./commands/serve.ts")).addServe,
  },
  {
    term: "refresh [options] [recipe...]",
    summary: "start a run: take a new image, promote it, retire the old one",
    load: async () => (await import("./commands/refresh.ts")).addRefresh,
  },
  {
    term: "watch [options] <run...>",
    summary: "watch runs until they have ended; the exit status tells how",
    load: async () => (await import("./commands/watch.ts")).addWatch,
  },
  {
    term: "notifications",
    summary: "who is told what happens to recipes, and a message to try one",
    load: async () => (await import("./commands/notifications.ts")).addNotifications,
  },
  {
    term: "status [options] [recipe|run]",
    summary: "how every recipe stands, or the whole report of a run",
    load: async () => (await import("./commands/status.ts")).addStatus,
  },
  {
    term: "runs [options] [recipe]",
    summary: "the runs of one recipe or of all, newest first",
    load: async () => (await import("./commands/runs.ts")).addRuns,
  },
  {
    term: "schedule [options] [recipe...]",
    summary: "the next starts of every recipe, and which of them meet",
    load: async () => (await import("./commands/schedule.ts")).addSchedule,
  },
  {
    term: "images [options] <recipe>",
    summary: "a recipe's images, and what becomes of each next",
    load: async () => (await import("./commands/images.ts")).addImages,
  },
  {
    term: "history [options] <recipe>",
    summary: "which image replaced which, when, by whom, and why each went",
    load: async () => (await import("./commands/history.ts")).addHistory,
  },
  {
    term: "approve [options] <run>",
    summary: "let a candidate become the current image",
    load: async () => (await import("./commands/approve.ts")).addApprove,
  },
  {
    term: "reject [options] <run>",
    summary: "have a candidate deleted",
    load: async () => (await import("./commands/approve.ts")).addReject,
  },
  {
    term: "rollback [options] <recipe> [image]",
    summary: "make an earlier image current again",
    load: async () => (await import("./commands/rollback.ts")).addRollback,
  },
  {
    term: "revoke [options] <image>",
    summary: "withdraw an image for good",
    load: async () => (await import("./commands/revoke.ts")).addRevoke,
  },
  {
    term: "pin [options] <image>",
    summary: "keep an image until somebody unpins it",
    load: async () => (await import("./commands/pin.ts")).addPin,
  },
  {
    term: "unpin [options] <image>",
    summary: "let the usual rules delete an image again",
    load: async () => (await import("./commands/pin.ts")).addUnpin,
  },
  {
    term: "adopt [options] <id>",
    summary: "take an image that Regild did not make into a recipe's line",
    load: async () => (await import("./commands/adopt.ts")).addAdopt,
  },
  {
    term: "verify [options] <image>",
    summary: "who made an image of what, and whether it is still that image",
    load: async () => (await import("./commands/verify.ts")).addVerify,
  },
  {
    term: "clean-up [options]",
    summary: "what happens to each image and snapshot, and why; then do it",
    load: async () => (await import("./commands/clean-up.ts")).addCleanUp,
  },
  {
    term: "pause [options] [recipe...]",
    summary: "start nothing by itself and delete no old image, for a while",
    load: async () => (await import("./commands/pause.ts")).addPause,
  },
  {
    term: "resume [options] [recipe...]",
    summary: "end a pause, also one that failures have caused",
    load: async () => (await import("./commands/pause.ts")).addResume,
  },
  {
    term: "cancel [options] <run>",
    summary: "end a run and undo what it did",
    load: async () => (await import("./commands/cancel.ts")).addCancel,
  },
  {
    term: "retry|redrive [options] [ids...]",
    summary: "list messages that Regild could not process, or send them again",
    load: async () => (await import("./commands/retry.ts")).addRetry,
  },
  {
    term: "token",
    summary: "who may use the HTTP API and the page, and how",
    load: async () => (await import("./commands/token.ts")).addToken,
  },
  {
    term: "completion <shell>",
    summary: "a script that has your shell complete commands, options and names",
    load: async () => (await import("./commands/completion.ts")).addCompletion,
  },
];
