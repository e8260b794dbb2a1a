import { join } from "node:path";
import { inject } from "vitest";
import type { Program } from "../cli/workplace.ts";

const script = join(inject("installed"), "node_modules/regild/local/bin/regild.cjs");

/** The package on each Node, and the single executable on none. */
export const programs: Array<[name: string, program: Program]> = [
  ...Object.entries(inject("nodes")).map(([version, node]): [string, Program] => [
    `Node ${version}`,
    [node, script],
  ]),
  ["no Node, as the single executable", [inject("executable")]],
];

export const NO_PROGRAMS_ON_THE_PATH = { PATH: "/nonexistent" };
