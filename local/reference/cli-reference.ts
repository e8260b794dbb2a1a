import type { Command, Option } from "commander";
import { EXIT_HELP } from "../cli/exit-status.ts";
import { regildProgram } from "../cli/program.ts";
import { code, GENERATED, markdownTable } from "./markdown.ts";

const WIDTH = 110;

/** docs/cli.md: every command with its options and examples, as the program defines them. */
export async function cliReference(): Promise<string> {
  const program = await regildProgram(() => () => Promise.resolve(), "all");
  const commands = leavesOf(program);
  return `${GENERATED}

# Every command and option

For who looks up an option. [Commands](commands.md) is the overview.

${commands.map(({ name }) => `- [${name}](#regild-${name.replaceAll(" ", "-")})`).join("\n")}

## Options of every command

${optionTable(program.options.filter(({ hidden }) => !hidden))}

## Exit status

\`\`\`text
${EXIT_HELP}
\`\`\`

${commands.map(section).join("\n")}`;
}

interface Leaf {
  name: string;
  command: Command;
}

function leavesOf(command: Command, above = ""): Leaf[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .flatMap((each) => {
      const name = `${above}${each.name()}`;
      return each.commands.length > 0 ? leavesOf(each, `${name} `) : [{ name, command: each }];
    });
}

function section({ name, command }: Leaf): string {
  const options = command.options.filter(({ hidden }) => !hidden);
  const parts = [
    `## regild ${name}`,
    command.description() || command.summary(),
    `\`\`\`text\nregild ${name} ${command.usage()}\n\`\`\``,
    ...(options.length === 0 ? [] : [optionTable(options)]),
    ...examplesOf(command),
  ];
  return `${parts.join("\n\n")}\n`;
}

function optionTable(options: readonly Option[]): string {
  return markdownTable(["option", "meaning", "default"], options.map(optionRow));
}

function optionRow(option: Option): string[] {
  const { flags, description, argChoices, defaultValueDescription, envVar } = option;
  const defaultValue: unknown = option.defaultValue;
  const choices = argChoices === undefined ? "" : `: ${argChoices.map(code).join(", ")}`;
  const variable = envVar === undefined ? "" : `. Variable: ${code(envVar)}`;
  const isSaid = typeof defaultValue === "string" || typeof defaultValue === "number";
  const usual = defaultValueDescription ?? (isSaid ? String(defaultValue) : "");
  return [code(flags), `${description}${choices}${variable}`, code(usual)];
}

/** What follows the options in the command's help. */
function examplesOf(command: Command): string[] {
  let help = "";
  command.configureOutput({
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => WIDTH,
    getErrHelpWidth: () => WIDTH,
  });
  command.outputHelp();
  const after = help.slice(command.helpInformation().length).replace(EXIT_HELP, "").trim();
  return after === "" ? [] : [`\`\`\`text\n${after}\n\`\`\``];
}
