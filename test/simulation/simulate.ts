import { parseArgs } from "node:util";
import { runSeed } from "./seed.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    rate: { type: "string", default: "1" },
    pause: { type: "string", default: "45" },
  },
});

const settings = { rate: Number(values.rate), pauseSeconds: Number(values.pause) };
if (values.seed !== undefined) {
  const result = await runSeed(values.seed, { ...settings, keepTrace: true });
  console.log(result.trace);
  for (const run of result.runs)
    console.log(
      run.id,
      run.outcome,
      run.failure?.code ?? "",
      run.failure?.message ?? "",
      run.leftovers.join("; "),
    );
  for (const v of result.violations) console.log(`${v.rule}: ${v.what}`);
} else {
  const outcomes = new Map<string, number>();
  let faults = 0;
  let failed = 0;
  const first = Number(values.from);
  for (let n = first; n < first + Number(values.seeds); n++) {
    const result = await runSeed(String(n), settings);
    faults += result.faults.length;
    for (const run of result.runs) {
      const outcome = `${run.outcome ?? "unended"} ${run.failure?.code ?? ""}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (result.violations.length > 0) {
      failed++;
      console.log(
        `seed ${n}: ${result.violations
          .slice(0, 3)
          .map((v) => `${v.rule}: ${v.what}`)
          .join(" | ")}`,
      );
    }
  }
  console.log(Object.fromEntries([...outcomes].toSorted()), { faults, failed });
  process.exitCode = failed === 0 ? 0 : 1;
}
