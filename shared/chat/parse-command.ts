import { ALLOWABLE, type Allowable } from "./workspace.ts";

export type CommandName = Allowable | "help" | "confirm";

export type Parsed =
  /** `rest`: the words after the argument, of a command that takes a reason. */
  | { kind: "command"; name: CommandName; argument: string | null; rest?: string }
  | { kind: "unknown"; word: string }
  | { kind: "too-many"; name: CommandName };

const NAMES: readonly CommandName[] = [...ALLOWABLE, "help", "confirm"];
const TAKES_A_REASON: ReadonlySet<CommandName> = new Set(["reject"]);
const LONGEST_WORD = 80;

/** Reads what a person typed after `/regild`; nothing is `help`. */
export function parseCommand(text: string): Parsed {
  const words = text
    .normalize("NFKC")
    .split(/[\s\u200b\ufeff]+/u)
    .map((word) => word.slice(0, LONGEST_WORD))
    .filter((word) => word !== "");
  const [first = "help", argument = null, ...others] = words;
  const name = NAMES.find((each) => each === first.toLowerCase());
  if (name === undefined) return { kind: "unknown", word: first };
  if (TAKES_A_REASON.has(name)) {
    return { kind: "command", name, argument, rest: others.join(" ") };
  }
  return others.length > 0 ? { kind: "too-many", name } : { kind: "command", name, argument };
}
