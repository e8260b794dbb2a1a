import { Logger } from "@aws-lambda-powertools/logger";
import { steerless } from "../plain-text.ts";
import type { Log } from "../ports.ts";
import { subjectAtHand } from "./invocation.ts";

/**
 * JSON lines: information on stdout, warnings and errors on stderr. What belongs to a line is passed with it, or is what
 * the work at hand is about: keys kept on a shared logger would follow into the lines of other runs.
 */
export function openLog(): Log {
  let opened: Logger | undefined;
  // Most invocations have nothing to say.
  const logger = () => (opened ??= new Logger({ serviceName: "regild" }));
  const of = (fields: Record<string, unknown> = {}) => {
    const entries = Object.entries({ ...subjectAtHand(), ...fields });
    return Object.fromEntries(entries.map(([name, value]) => [name, harmless(value)]));
  };
  return {
    info: (message, fields) => logger().info(message, of(fields)),
    warn: (message, fields) => logger().warn(message, of(fields)),
    error: (message, fields) => logger().error(message, of(fields)),
  };
}

/** Reasons come from clouds and senders, and people read the log in a terminal. */
function harmless(value: unknown): unknown {
  return typeof value === "string" ? steerless(value) : value;
}
