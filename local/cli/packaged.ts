// Begins the packaged command, on Node 22 too: what that lacks comes before everything else.
import "./without-sqlite-warning.ts";

async function run(): Promise<void> {
  if (!("AsyncDisposableStack" in globalThis)) await import("./older-node.ts");
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
}

void run();
