import { expect, it } from "vitest";
import { COMMANDS } from "../../local/cli/command-list.ts";
import { regildProgram } from "../../local/cli/program.ts";

const action = () => () => Promise.resolve();

it("the help of the program lists every command as the command describes itself", async () => {
  const listed = await regildProgram(action, []);
  const whole = await regildProgram(action, "all");
  expect(listed.helpInformation()).toBe(whole.helpInformation());
});

it.each(COMMANDS.map(({ term }) => term))("%s: its name alone loads it", async (term) => {
  const name = (term.split(" ")[0] ?? "").split("|").at(-1) ?? "";
  const program = await regildProgram(action, ["-o", "json", name]);
  const whole = await regildProgram(action, "all");
  const helpOf = (within: typeof program) =>
    within.commands
      .find((each) => each.name() === name || each.aliases().includes(name))
      ?.helpInformation();
  expect(helpOf(program)).toBe(helpOf(whole));
  expect(helpOf(program)).toContain(name);
});
