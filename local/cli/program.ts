import { Command, Option } from "commander";
import { addCancel } from "./commands/cancel.ts";
import { addApprove, addReject } from "./commands/approve.ts";
import type { Action } from "./commands/action.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConfig } from "./commands/config.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addHistory } from "./commands/history.ts";
import { addImages } from "./commands/images.ts";
import { addInit } from "./commands/init.ts";
import { addPause, addResume } from "./commands/pause.ts";
import { addPin, addUnpin } from "./commands/pin.ts";
import { addRecipes } from "./commands/recipes-check.ts";
import { addRetry } from "./commands/retry.ts";
import { addRefresh } from "./commands/refresh.ts";
import { addRevoke } from "./commands/revoke.ts";
import { addRollback } from "./commands/rollback.ts";
import { addRuns } from "./commands/runs.ts";
import { addSchedule } from "./commands/schedule.ts";
import { addSenders } from "./commands/senders.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import { addToken } from "./commands/token.ts";
import { addWatch } from "./commands/watch.ts";
import { EXIT_HELP } from "./exit-status.ts";
import { addNotYet } from "./not-yet.ts";
import { FORMATS } from "./output.ts";
import { FILES } from "./places.ts";
import { VersionAsked } from "./version-asked.ts";

/** All commands; commander throws where it would have ended the process, and says nothing itself of mistakes. */
export function regildProgram(action: Action): Command {
  const program = new Command("regild")
    .description("Keeps golden images fresh on OpenStack-family clouds.")
    .option("-V, --version", "print the version")
    .on("option:version", () => {
      throw new VersionAsked();
    })
    .addOption(
      new Option("--recipes <file>", "what to keep fresh (found as recipes.yml)").env(
        FILES.recipes.variable,
      ),
    )
    .addOption(
      new Option(
        "--config <file>",
        "senders of webhooks and their secrets (found as regild.yml)",
      ).env(FILES.config.variable),
    )
    .addOption(
      new Option(
        "--data <file>",
        "all of Regild's memory, one SQLite file, also where REGILD_TABLE is set (found as regild.sqlite)",
      ).env(FILES.data.variable),
    )
    .addOption(
      new Option(
        "--url <url>",
        "ask the regild serve at this address, with the token in REGILD_TOKEN",
      ).env("REGILD_URL"),
    )
    .option("--os-cloud <name>", "the cloud of recipes that name none, instead of OS_CLOUD")
    .addOption(
      new Option(
        "-o, --output <format>",
        "table for people; json, jsonl, csv and value (cells without a header) for programs",
      )
        .choices(FORMATS)
        .default("table"),
    )
    .addOption(
      new Option("-f, --format <format>", "the same as -o, as openstackclient has it").choices(
        FORMATS,
      ),
    )
    .option("--no-color", "no colours, as with NO_COLOR")
    .addHelpText("after", `\n${HELP}`)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  addDemo(program, action);
  addInit(program, action);
  addRecipes(program, action);
  addSenders(program, action);
  addConfig(program, action);
  addDoctor(program, action);
  addServe(program, action);
  addRefresh(program, action);
  addWatch(program, action);
  addStatus(program, action);
  addRuns(program, action);
  addSchedule(program, action);
  addImages(program, action);
  addHistory(program, action);
  addApprove(program, action);
  addReject(program, action);
  addRollback(program, action);
  addRevoke(program, action);
  addPin(program, action);
  addUnpin(program, action);
  addPause(program, action);
  addResume(program, action);
  addCancel(program, action);
  addRetry(program, action);
  addToken(program, action);
  addCompletion(program, action);
  addNotYet(program);
  return program;
}

const HELP = `To begin:
  regild demo                  see it work, on a simulated cloud
  regild init                  write recipes.yml for a server of your cloud
  regild recipes check         after each change of recipes.yml
  regild doctor                may these credentials do it, and can this cloud?
  regild refresh web --wait    one image now
  regild serve                 from now on, by schedule

A file that no option and no variable names is looked for in this folder, then in ~/.config/regild (the data file:
~/.local/share/regild), then in /etc/regild (the data file: /var/lib/regild). regild config shows which one is used.

REGILD_TABLE and REGILD_QUEUE_URL_PREFIX, as the stack on AWS prints them (output CommandLine), have refresh,
status, runs, images, history, approve, reject, rollback, revoke, pin, unpin, pause, resume, cancel and retry work on that stack, with the credentials of the environment.

REGILD_URL and REGILD_TOKEN have refresh, watch, status, runs, images, history, rollback, revoke, cancel, approve,
reject, pause and resume work on the regild serve at that address.

Results go to stdout, progress and hints to stderr. REGILD_DEBUG=1 shows where an error came from.

${EXIT_HELP}`;
