import { Argument, type Command } from "commander";
import * as z from "zod/mini";
import { lookUp } from "../completion/names.ts";
import { SCRIPTS, SHELLS } from "../completion/scripts.ts";
import { type Candidate, wantedAt } from "../completion/wanted.ts";
import { EXIT } from "../exit-status.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

export function addCompletion(program: Command, action: Action): void {
  program
    .command("completion")
    .summary("a script that has your shell complete commands, options and names")
    .description(
      prose(`Prints a script for a shell. It completes commands and options, the names of recipes and clouds, and the
ids of runs.`),
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  source <(regild completion bash)                                   now, in this bash
  regild completion bash > ~/.local/share/bash-completion/completions/regild
  regild completion zsh > "\${fpath[1]}/_regild"
  regild completion fish > ~/.config/fish/completions/regild.fish`,
    )
    .action(
      action(async ({ output }, { args: [shell] }) => {
        output.out.write(SCRIPTS[z.enum(SHELLS).parse(shell)]);
        return EXIT.done;
      }),
    );
  program
    .command("__complete [words...]", { hidden: true })
    .helpOption(false)
    .action(
      action(async (app, { args: words }) => {
        const wanted = wantedAt(program, words);
        if (wanted.names === "files") app.output.out.write(":files\n");
        const found = await lookUp(app, wanted).catch((): Candidate[] => []);
        const lines = [...wanted.candidates, ...found]
          .filter(({ value }) => value.startsWith(wanted.typed))
          .map(({ value, description }) => `${wanted.prefix}${value}\t${oneLine(description)}\n`);
        app.output.out.write(lines.join(""));
        return EXIT.done;
      }),
    );
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
