import { type Command, Option } from "commander";
import * as z from "zod/mini";
import { EXIT } from "../exit-status.ts";
import { tcpAddress } from "../listening.ts";
import { refuseOnAws } from "../storage.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({
  serve: z._default(z.boolean(), false),
  listen: z.object({ host: z.string(), port: z.int() }),
});
const DEFAULT_LISTEN = "127.0.0.1:0";

export function addDemo(program: Command, action: Action): void {
  program
    .command("demo")
    .summary("six refreshes on a simulated cloud: no account, no files")
    .description(
      prose(`Starts a simulated OpenStack and Regild's host in this process, and refreshes three golden images
twice, so that old ones are seen to go. Takes 20 seconds and leaves nothing behind.

With --serve it only serves the simulated OpenStack, for you to try every command on. It writes a clouds.yaml into the
current folder, unless another one is there, and removes it at the end. The cloud is in memory: each start is a new one.`),
    )
    .option("--serve", "serve a simulated cloud until Ctrl-C")
    .addOption(
      new Option("--listen <host:port>", "where to serve it; port 0 for a free one")
        .argParser(tcpAddress)
        .default(tcpAddress(DEFAULT_LISTEN), DEFAULT_LISTEN)
        .implies({ serve: true }),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild demo
  regild demo --serve          then, in a second terminal: regild init
  regild demo --serve -o json  one document once it answers`,
    )
    .action(
      action(async (app, { options }) => {
        const { output, storage } = app;
        const { serve, listen } = optionsSchema.parse(options);
        refuseOnAws(storage, "regild demo is all in this process");
        if (serve) {
          const { serveDemoCloud } = await import("../../demo/serve-demo-cloud.ts");
          await serveDemoCloud(app, listen);
          return EXIT.done;
        }
        const { runDemo } = await import("../../demo/run-demo.ts");
        const status = await runDemo({ out: output.out, err: output.err });
        if (status === 0) return EXIT.done;
        return status === EXIT.interrupted ? EXIT.interrupted : EXIT.broken;
      }),
    );
}
