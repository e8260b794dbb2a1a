import { userInfo } from "node:os";
import type { Workplace } from "../cli/workplace.ts";

/** Runs a page's command (`regild history web`) in the place. @returns all that it printed, as if anna had typed it. */
export function runIn(place: Workplace): (command: string) => Promise<string> {
  return async (command) => {
    const [program, ...args] = command.split(" ");
    if (program !== "regild") throw new Error(`this is no command of Regild: ${command}`);
    const { out, err } = await place.regild(...args);
    return ofAnna(`${out}${err}`);
  };
}

function ofAnna(printed: string): string {
  return printed.replaceAll(`${userInfo().username} (cli)`, "anna (cli)");
}
