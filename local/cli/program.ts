import { Command, Option } from "commander";
import type { Action } from "./commands/action.ts";
import { COMMANDS, type ListedCommand } from "./command-list.ts";
import { EXIT_HELP } from "./exit-status.ts";
import { FORMATS } from "./output-format.ts";
import { FILES } from "./places.ts";
import { VersionAsked } from "./version-asked.ts";

/**
 * Commander throws where it would have ended the process, and prints no mistakes itself.
 * @param args of the command line: only the command that they begin with is loaded, else those that they name; the others
 * are listed by name. `all` loads every command.
 */
export async function regildProgram(
  action: Action,
  args: readonly string[] | "all",
): Promise<Command> {
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
        "senders, callbacks, notifications, chats and sign-in, with their secrets (found as regild.yml)",
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
  const naming = args === "all" ? [] : namingOf(args);
  for (const listed of COMMANDS) {
    if (args === "all" || isNamed(listed, naming)) (await listed.load())(program, action);
    else list(program, listed);
  }
  return program;
}

/** Those that may name the command: the first alone if it does, else all, since options and their values stand before it. */
function namingOf(args: readonly string[]): readonly string[] {
  const first = args.slice(0, 1);
  return COMMANDS.some((listed) => isNamed(listed, first)) ? first : args;
}

function isNamed(listed: ListedCommand, args: readonly string[]): boolean {
  return namesOf(listed).some((name) => args.includes(name));
}

function namesOf({ term }: ListedCommand): string[] {
  return (term.split(" ")[0] ?? "").split("|");
}

/** Lists a command in the help of the program. No argument names it, so nobody can call it. */
function list(program: Command, listed: ListedCommand): void {
  const [name = "", alias] = namesOf(listed);
  const [, ...rest] = listed.term.split(" ");
  const args = rest.filter((word) => word !== "[options]");
  const command = program.command([name, ...args].join(" ")).summary(listed.summary);
  if (alias !== undefined) command.alias(alias);
  if (args.length < rest.length) command.option("--any");
}

const HELP = `To begin:
  regild demo                  see it work, on a simulated cloud
  regild init                  write recipes.yml for a server of your cloud
  regild recipes check         after each change of recipes.yml
  regild doctor                may these credentials do it, and can this cloud?
  regild refresh web --wait    one image now
  regild serve                 from now on, by schedule
Later:
  regild senders               who may start runs by webhooks
  regild pin IMAGE             keep an image until somebody unpins it
  regild clean-up --dry-run    what would be deleted, what is kept, and why

A file that no option and no variable names is looked for in this folder, then in ~/.config/regild (the data file:
~/.local/share/regild), then in /etc/regild (the data file: /var/lib/regild). regild config shows which one is used.

REGILD_TABLE and REGILD_QUEUE_URL_PREFIX, as the stack on AWS prints them (output CommandLine), have refresh,
status, runs, images, history, clean-up, approve, reject, rollback, revoke, pin, unpin, pause, resume, cancel and retry work on that stack, with the credentials of the environment.

REGILD_URL and REGILD_TOKEN have refresh, watch, status, runs, images, history, clean-up, rollback, revoke, pin, unpin,
cancel, approve, reject, pause and resume work on the regild serve at that address.

Results go to stdout, progress and hints to stderr. REGILD_DEBUG=1 shows where an error came from.

${EXIT_HELP}`;
