import { keepHeapSmall } from "../keep-heap-small.ts";
import { EXIT } from "./exit-status.ts";
import { READING_COMMANDS } from "./reading-commands.ts";
import { versionAnswer } from "./version-asked.ts";

const VERSION_OPTIONS = ["--version", "-V"];

/**
 * Loads only the modules that these arguments need, so that `--help` and `--version` answer at once.
 * @param args without the program's own name. @returns the exit status; never throws.
 */
export async function main(args: string[]): Promise<number> {
  endQuietlyWithoutReader();
  const [first = ""] = args;
  if (args.length === 1 && VERSION_OPTIONS.includes(first)) {
    process.stdout.write(versionAnswer("table"));
    return EXIT.done;
  }
  // Before any other module is loaded: those, too, make the heap grow. A command that only reads has ended soon. A small
  // heap would cost it a tenth of its CPU time; with 18,000 recipes it would save it a third of its memory.
  if (!READING_COMMANDS.includes(first)) keepHeapSmall();
  const { run } = await import("./run.ts");
  return run(args);
}

/** `regild runs | head -1` closes the pipe early. */
function endQuietlyWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.done);
  });
}
