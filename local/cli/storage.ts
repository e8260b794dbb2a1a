import type { Command } from "commander";
import { usageError } from "./command-error.ts";

/**
 * Where runs, inventories and messages are: in a SQLite file of this machine, whose host does the work, or in the table and
 * queues of a stack on AWS, whose functions do.
 */
export interface Storage {
  kind: "file" | "aws";
  /** The file's, or the table's; where that is missing, whatever the stack is known by. */
  name: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** AWS where the environment names a stack as it does for the functions, unless a file is named in the arguments. */
export function storageOf(command: Command, dataFile: string, env: Env): Storage {
  const source = command.getOptionValueSourceWithGlobals("data");
  const { REGILD_TABLE: table = "", REGILD_QUEUE_URL_PREFIX: prefix = "" } = env;
  if (source === "cli" || (table === "" && prefix === "")) return { kind: "file", name: dataFile };
  if (source === "env") {
    throw usageError(
      "REGILD_DATA names a data file, and REGILD_TABLE a table on AWS",
      "Unset one of them, or name the file: --data FILE",
    );
  }
  return { kind: "aws", name: table === "" ? prefix : table };
}

/** For commands that are of this machine alone. @throws CommandError */
export function refuseOnAws({ kind, name }: Storage, why: string): void {
  if (kind === "file") return;
  throw usageError(
    `${why}, and the environment names a stack on AWS, ${name}`,
    "Unset REGILD_TABLE and REGILD_QUEUE_URL_PREFIX, or name a file: --data FILE",
  );
}
