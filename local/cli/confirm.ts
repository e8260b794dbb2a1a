import type { App } from "./app.ts";
import { ask } from "./ask.ts";
import { CommandError } from "./command-error.ts";
import { EXIT } from "./exit-status.ts";

/** Asks on a terminal; elsewhere nobody is there to answer, and the command goes on. @throws when the answer is no. */
export async function confirm({ output }: App, question: string): Promise<void> {
  const { stdin } = process;
  if (output.format !== "table" || !stdin.isTTY || !output.err.isTTY) return;
  const streams = { input: stdin, output: output.err };
  if ((await ask(streams, `${question} [y]es, [n]o?`, ["yes", "no"])) === "yes") return;
  throw new CommandError("Nothing was changed", {
    status: EXIT.cancelled,
    code: "not-confirmed",
    remedy: "To do it without being asked: --yes",
  });
}
