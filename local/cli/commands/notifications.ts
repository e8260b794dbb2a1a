import type { Command } from "commander";
import { openHttps } from "../../../shared/aws/https.ts";
import { SesMailer } from "../../../shared/aws/ses-mailer.ts";
import { awsEnvironment } from "../../../shared/lambda/aws-environment.ts";
import { openOutgoing } from "../../../shared/lambda/outgoing.ts";
import { testMessage } from "../../../shared/notify/test-message.ts";
import type { Target } from "../../../shared/notify/target.ts";
import { openSmtpMailer } from "../../mail/smtp-mailer.ts";
import { trustedRoots } from "../../trusted-roots.ts";
import { SCHEMA } from "../../view/document.ts";
import { targetsPage } from "../../view/notifications.ts";
import type { App } from "../app.ts";
import { CommandError, usageError } from "../command-error.ts";
import { goodSettings } from "../config-file.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { recipesOrNone } from "../recipes-file.ts";
import { targetsSheet, targetsText } from "../text/notifications.ts";
import type { Action } from "./action.ts";
import { columnOption } from "./options.ts";
import { prose } from "./prose.ts";

export function addNotifications(program: Command, action: Action): void {
  const notifications = program
    .command("notifications")
    .summary("who is told what happens to recipes, and a message to try one");
  notifications
    .command("list")
    .summary("targets of regild.yml: what each is told, and by which recipes")
    .description(
      prose(
        `Lists the targets below notifications in regild.yml. No address and no secret is shown.`,
      ),
    )
    .addOption(columnOption())
    .addHelpText(
      "after",
      "\nExamples:\n  regild notifications list\n  regild notifications list -o json",
    )
    .action(action(async (app) => list(app)));
  notifications
    .command("test <target>")
    .summary("send one message to a target, and say whether it was taken")
    .description(
      prose(`Sends a message to this target at once, past its queue and its quiet hours, and says what the chat, mail server or
receiver answered. It is tried once. With the variables of a stack on AWS, mail goes by SES, with the rights of this shell.`),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  regild notifications test ops\n\nExit status: 0 taken, 1 not taken, 2 no such target",
    )
    .action(action(async (app, { args: [name = ""] }) => test(app, name)));
}

function list(app: App): ExitStatus {
  const { notifications } = goodSettings(app.configFile, exampleOf("ops"));
  const document = targetsPage(notifications, recipesOrNone(app));
  app.output.answer({
    document,
    lines: document.targets.map((target) => ({ target })),
    sheet: () => targetsSheet(document.targets),
    text: (_paint, width) => targetsText(document.targets, width),
  });
  return EXIT.done;
}

function exampleOf(name: string): string {
  return `notifications: { ${name}: { kind: slack, url: "https://hooks.slack.com/…" } }`;
}

async function test(app: App, name: string): Promise<ExitStatus> {
  const { notifications: targets } = goodSettings(app.configFile, exampleOf(name));
  if (!targets.has(name)) {
    throw usageError(
      `${app.configFile} has no target ${name}`,
      targets.size === 0
        ? `Write it there: ${exampleOf(name)}`
        : `There are ${[...targets.keys()].join(", ")}`,
    );
  }
  const refusal = await send(app, targets, name);
  if (refusal !== null) {
    throw new CommandError(`${name} did not take the message: ${refusal}`, {
      status: EXIT.broken,
      code: "not-taken",
      remedy:
        "Compare address, token and secret with the receiver's. regild serve would try for a day",
    });
  }
  app.output.answer({
    document: { schema: SCHEMA, target: name, taken: true, reason: null },
    text: () => [`✓ ${name} has taken the message`],
  });
  return EXIT.done;
}

async function send(
  app: App,
  targets: ReadonlyMap<string, Target>,
  name: string,
): Promise<string | null> {
  const trusted = trustedRoots(process.env);
  const roots = "roots" in trusted ? trusted.roots : undefined;
  const mailer =
    app.storage.kind === "aws"
      ? new SesMailer(awsEnvironment().access("sesv2"), openHttps(), app.now)
      : openSmtpMailer(roots);
  const outgoing = openOutgoing(process.env, roots);
  return testMessage({ outgoing, mailer, targets: async () => targets, now: app.now }, name);
}
