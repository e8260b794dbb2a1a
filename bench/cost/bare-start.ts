import { execFileSync } from "node:child_process";

const TRIES = 9;

/** CPU time of a process of Node that does nothing: the median of some. */
export function bareStartCpuMs(): number {
  const script = "const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)";
  const measured = Array.from({ length: TRIES }, () =>
    Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })),
  );
  return measured.toSorted((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0;
}
