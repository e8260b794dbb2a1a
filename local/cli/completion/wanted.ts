import type { Command, Option } from "commander";

/** A word that may stand where the cursor is. */
export interface Candidate {
  value: string;
  description: string;
}

/** What the word under the cursor may be: words of the commands themselves, or names that have to be looked up. */
export interface Wanted {
  candidates: Candidate[];
  names: "files" | "recipes" | "runs" | "clouds" | null;
  /** What stands before a name in the same word: `--cloud=`. */
  prefix: string;
  /** The word so far, without the prefix. */
  typed: string;
  /** Options in front of the cursor, by their long name. */
  given: Map<string, string>;
}

/** @param words those after the program's name; the last one is under the cursor, and may be empty. */
export function wantedAt(program: Command, words: readonly string[]): Wanted {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const given = new Map<string, string>();
  let command = program;
  let position = 0;
  let open: Option | null = null;
  for (const word of before) {
    // Bash parts --cloud=name at the sign.
    if (word === "=") continue;
    if (open !== null) {
      given.set(open.long ?? "", word);
      open = null;
      continue;
    }
    if (word.startsWith("-")) {
      const option = optionNamed(command, word);
      if (option !== null && (option.required || option.optional)) open = option;
      continue;
    }
    const sub = position === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (sub === undefined) position += 1;
    else command = sub;
  }
  const typed = current === "=" ? "" : current;
  const wanted = { candidates: [], names: null, prefix: "", typed, given };
  if (open !== null) return { ...wanted, ...valuesOf(open) };
  const [, assigned, value = ""] = /^(--[\w-]+=)(.*)$/.exec(current) ?? [];
  if (assigned !== undefined) {
    const option = optionNamed(command, assigned.slice(0, -1));
    const values = option === null ? {} : valuesOf(option);
    return { ...wanted, prefix: assigned, typed: value, ...values };
  }
  if (current.startsWith("-")) return { ...wanted, candidates: optionsOf(command) };
  if (command.commands.length > 0 && position === 0) {
    return { ...wanted, candidates: commandsOf(command) };
  }
  return { ...wanted, ...argumentAt(command, position) };
}

function optionNamed(command: Command, flag: string): Option | null {
  for (let each: Command | null = command; each !== null; each = each.parent) {
    const found = each.options.find(({ long, short }) => long === flag || short === flag);
    if (found !== undefined) return found;
  }
  return null;
}

function valuesOf({ argChoices, flags }: Option): Pick<Wanted, "candidates" | "names"> {
  if (argChoices !== undefined) return { candidates: argChoices.map(plain), names: null };
  const [, name = ""] = /[<[]([\w|]+)/.exec(flags) ?? [];
  const names = flags.includes("cloud <") ? "clouds" : namesOf(name);
  return { candidates: [], names: flags.includes("<recipe>") ? null : names };
}

function argumentAt(command: Command, position: number): Pick<Wanted, "candidates" | "names"> {
  const last = command.registeredArguments.at(-1);
  const argument =
    command.registeredArguments[position] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return { candidates: [], names: null };
  if (argument.argChoices !== undefined) {
    return { candidates: argument.argChoices.map(plain), names: null };
  }
  return { candidates: [], names: namesOf(argument.name()) };
}

function namesOf(placeholder: string): Wanted["names"] {
  if (placeholder.includes("file")) return "files";
  if (placeholder.includes("run")) return "runs";
  return placeholder.includes("recipe") ? "recipes" : null;
}

function optionsOf(command: Command): Candidate[] {
  const options = [];
  for (let each: Command | null = command; each !== null; each = each.parent) {
    options.push(...each.createHelp().visibleOptions(each));
  }
  const candidates = options.map(({ long, short, description }) => ({
    value: long ?? short ?? "",
    description,
  }));
  return [...new Map(candidates.map((each) => [each.value, each])).values()];
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ value: each.name(), description: each.summary() || each.description() }));
}

function plain(value: string): Candidate {
  return { value, description: "" };
}
