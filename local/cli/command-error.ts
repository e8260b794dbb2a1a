import { EXIT, type ExitStatus } from "./exit-status.ts";

/** A command that ends here, with what a person is told. */
export class CommandError extends Error {
  readonly status: ExitStatus;
  /** A stable word. */
  readonly code: string;
  readonly remedy: string | null;
  /** More lines below the message: all problems of a file. */
  readonly details: string[];

  constructor(
    message: string,
    is: {
      status: ExitStatus;
      code: string;
      remedy?: string | null;
      details?: string[];
      cause?: unknown;
    },
  ) {
    super(message, is.cause === undefined ? undefined : { cause: is.cause });
    this.name = "CommandError";
    this.status = is.status;
    this.code = is.code;
    this.remedy = is.remedy ?? null;
    this.details = is.details ?? [];
  }
}

export function usageError(message: string, remedy: string, details: string[] = []): CommandError {
  return new CommandError(message, { status: EXIT.usage, code: "wrong-usage", remedy, details });
}
