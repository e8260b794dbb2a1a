import { plot, type Point } from "../plot.ts";

export interface OfSize {
  runs: number;
  /** Until every upload is under way, of all runs together. */
  seconds: number;
  cpuMs: number;
}

/** An SVG: what a run takes until its upload is under way, in hosts with ever more runs. */
export function growthPlot(sizes: readonly OfSize[]): string {
  const axes = {
    x: { text: "runs in one host", ticks: [100, 1000, 10_000, 100_000, 1_000_000] },
    y: { text: "milliseconds a run", ticks: [1, 2, 5, 10, 20] },
  };
  const dots = sizes.flatMap(({ runs, seconds, cpuMs }): Point[] => [
    dot("CPU time", runs, cpuMs / runs, true),
    dot("time", runs, (seconds * 1000) / runs, false),
  ]);
  return plot("Until the upload is under way: a run of many", axes, dots);
}

function dot(what: string, x: number, ms: number, isOwn: boolean): Point {
  return { name: `${what} ${ms.toFixed(1)} ms`, x, y: ms, isOwn };
}
