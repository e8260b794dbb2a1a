import { script, wholeNumberFrom } from "../script.ts";
import { disagreements } from "./compare.ts";

const { from, clouds } = script("clean-up:model")
  .description("Compares the plan of a clean-up with an independent model, for random clouds.")
  .option("--from <n>", "the first seed", wholeNumberFrom(0), 0)
  .option("--clouds <n>", "how many", wholeNumberFrom(1), 10_000)
  .parse()
  .opts<{ from: number; clouds: number }>();

const startedMs = performance.now();
let wrong = 0;
for (let seed = from; seed < from + clouds && wrong < 10; seed++) {
  const found = await disagreements(seed);
  if (found.length > 0) console.log(`seed ${seed}:\n  ${found.join("\n  ")}`);
  if (found.length > 0) wrong++;
}
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
console.log(
  `${clouds} clouds in ${seconds} s: ${wrong === 0 ? "the plan equals the model" : "they differ"}`,
);
process.exitCode = wrong === 0 ? 0 : 1;
