import { Command, InvalidArgumentError } from "commander";

/** A script of package.json: wrong usage ends it with 2, before it has done anything. */
export function script(name: string): Command {
  return new Command(`npm run ${name} --`).exitOverride(({ exitCode }) =>
    process.exit(exitCode === 0 ? 0 : 2),
  );
}

export function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d{1,9}$/.test(text) && number >= least) return number;
    throw new InvalidArgumentError(`Write a whole number from ${least}.`);
  };
}
