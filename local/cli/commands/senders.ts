import type { Command } from "commander";
import * as z from "zod/mini";
import { storedText } from "../../../shared/settings/settings.ts";
import { sendersPage } from "../../view/senders.ts";
import { goodSettings } from "../config-file.ts";
import { EXIT } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { sendersSheet, sendersText } from "../text/senders.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

const optionsSchema = z.object({ export: z._default(z.boolean(), false) });

export function addSenders(program: Command, action: Action): void {
  program
    .command("senders")
    .summary("who may start runs by webhooks, and which")
    .description(
      prose(`The senders of regild.yml, and the recipes that each of them starts. No secret is shown, but by
--export: that prints what a stack on AWS reads, with all of them, for a pipe.`),
    )
    .addOption(columnOption())
    .option("--export", "the senders with their secrets, as they are kept on AWS")
    .addHelpText(
      "after",
      `
Examples:
  regild senders
  regild senders --export | aws ssm put-parameter --overwrite --type SecureString \\
    --name /regild/prod/senders.json --value file:///dev/stdin`,
    )
    .action(
      action(async (app, { options }) => {
        const settings = goodSettings(app.configFile);
        if (optionsSchema.parse(options).export) {
          app.output.out.write(storedText(settings));
          return EXIT.done;
        }
        const document = sendersPage(settings.senders, recipesOrNone(app));
        app.output.answer({
          document,
          lines: document.senders.map((sender) => ({ sender })),
          sheet: () => sendersSheet(document.senders),
          text: (_paint, width) => sendersText(document.senders, width),
        });
        return EXIT.done;
      }),
    );
}
