// A small bundle of its own (deploy/cli-bundle.ts) that answers --help and --version alone.
import { main } from "./main.ts";

async function run(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

void run();
