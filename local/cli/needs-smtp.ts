import { readFileSync } from "node:fs";
import type { Target } from "../../shared/notify/target.ts";
import type { Problem } from "../../shared/recipe/problem.ts";
import { YamlFile } from "../../shared/recipe/yaml-file.ts";
import { usageError } from "./command-error.ts";

type Targets = ReadonlyMap<string, Target>;

const REMEDY = "Write smtp: { host: mail.example.com } below it: only on AWS, SES sends the mail";

function namesWithoutSmtp(targets: Targets): string[] {
  return [...targets].flatMap(([name, { kind, smtp }]) =>
    kind === "email" && smtp === undefined ? [name] : [],
  );
}

/** @throws CommandError: a mailbox is to be told, and no server is named that takes its mail. */
export function needSmtp(targets: Targets): void {
  const [name] = namesWithoutSmtp(targets);
  if (name === undefined) return;
  throw usageError(`notifications.${name} in regild.yml has no smtp`, REMEDY);
}

/** Mailboxes that this machine could not write to. Whoever exports the file for a stack on AWS leaves smtp out. */
export function withoutSmtp(configFile: string, targets: Targets): Problem[] {
  const names = namesWithoutSmtp(targets);
  if (names.length === 0) return [];
  const yaml = new YamlFile(readFileSync(configFile, "utf8"));
  return names.map((name) => ({
    file: configFile,
    ...yaml.placeOf(["notifications", name]),
    path: `notifications.${name}`,
    message: `has no smtp, so regild serve does not start. ${REMEDY}`,
  }));
}
