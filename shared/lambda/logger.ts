import { Logger } from "@aws-lambda-powertools/logger";
import type { Log } from "../ports.ts";
import { logFields } from "./log-fields.ts";

/**
 * JSON lines: information on stdout, warnings and errors on stderr. What belongs to a line is passed with it, or is what
 * the work at hand is about: keys kept on a shared logger would follow into the lines of other runs.
 */
export function openLog(): Log {
  let opened: Logger | undefined;
  // Most invocations have nothing to say.
  const logger = () => (opened ??= new Logger({ serviceName: "regild" }));
  return {
    info: (message, fields) => logger().info(message, logFields(fields)),
    warn: (message, fields) => logger().warn(message, logFields(fields)),
    error: (message, fields) => logger().error(message, logFields(fields)),
  };
}
