import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../../shared/recipe/duration.ts";

/** Of commands that list. */
export function columnOption(): Option {
  return new Option(
    "-c, --column <name>",
    "show this column only; repeat it for several. For table, value and csv",
  ).argParser((name: string, before: string[] | undefined) => [...(before ?? []), name]);
}

export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError("Write a whole number from 1, for example 20");
  }
  return Number(text);
}

export function durationMs(text: string): number {
  const parsed = parseDuration(text);
  if ("problem" in parsed) throw new InvalidArgumentError(`It ${parsed.problem}`);
  return parsed.ms;
}
