import { CommanderError } from "commander";
import { AwsError } from "../../shared/aws/error.ts";
import { CloudError } from "../../shared/openstack/errors.ts";
import { type ErrorDocument, SCHEMA } from "../view/document.ts";
import { NotFound } from "../view/find-run.ts";
import { CommandError } from "./command-error.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import type { Output } from "./output.ts";

interface Told {
  status: ExitStatus;
  error: ErrorDocument["error"];
}

/** Says on stderr, or with `-o json` on stdout, what went wrong and what to do. @returns the exit status. */
export function showError(thrown: unknown, output: Output, wantsStack: boolean): ExitStatus {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done;
  // commander has shown the help already.
  if (thrown instanceof CommanderError && thrown.code === "commander.help") return EXIT.usage;
  const { status, error } = shownOf(thrown);
  if (output.format !== "json" && output.format !== "jsonl") {
    output.hint(
      `regild: ${error.message}`,
      ...(error.remedy === null ? [] : [`→ ${error.remedy}`]),
    );
  } else {
    const document: ErrorDocument = { schema: SCHEMA, error };
    output.answer({ document, text: () => [] });
  }
  if (wantsStack && thrown instanceof Error) output.hint(withCauses(thrown));
  return status;
}

function shownOf(thrown: unknown): Told {
  const of = (status: ExitStatus, code: string, message: string, remedy: string | null): Told => ({
    status,
    error: { code, message, remedy, request_ids: [] },
  });
  if (thrown instanceof CommandError) {
    const { status, code, message, details, remedy } = thrown;
    return of(status, code, [message, ...details].join("\n  "), remedy);
  }
  if (thrown instanceof NotFound) return of(EXIT.usage, "not-found", thrown.message, thrown.remedy);
  if (thrown instanceof CommanderError) {
    return of(
      EXIT.usage,
      "wrong-usage",
      thrown.message.replace(/^error: /, ""),
      "regild --help, or regild COMMAND --help",
    );
  }
  if (thrown instanceof CloudError) {
    const told = of(EXIT.broken, thrown.code ?? thrown.kind, thrown.message, null);
    if (thrown.call?.requestId != null) told.error.request_ids.push(thrown.call.requestId);
    return told;
  }
  if (thrown instanceof AwsError) {
    const { code, what, remedy, requestId } = thrown;
    const told = of(EXIT.broken, code.replaceAll(" ", "-"), what, remedy);
    if (requestId !== null) told.error.request_ids.push(requestId);
    return told;
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return of(
    EXIT.broken,
    "internal-error",
    message,
    "REGILD_DEBUG=1 shows where this came from; it is worth a report",
  );
}

function withCauses(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${withCauses(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
