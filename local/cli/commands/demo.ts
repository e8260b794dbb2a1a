import type { Command } from "commander";
import { EXIT } from "../exit-status.ts";
import { refuseOnAws } from "../storage.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

export function addDemo(program: Command, action: Action): void {
  program
    .command("demo")
    .summary("six refreshes on a simulated cloud: no account, no files")
    .description(
      prose(`Starts a simulated OpenStack and Regild's host in this process, and refreshes three golden images
twice, so that old ones are seen to go. Takes half a minute and leaves nothing behind.`),
    )
    .action(
      action(async ({ output, storage }) => {
        refuseOnAws(storage, "regild demo is all in this process");
        const { runDemo } = await import("../../demo/run-demo.ts");
        const status = await runDemo({ out: output.out, err: output.err });
        if (status === 0) return EXIT.done;
        return status === EXIT.interrupted ? EXIT.interrupted : EXIT.broken;
      }),
    );
}
