import { Logger } from "@aws-lambda-powertools/logger";
import type { Log } from "../ports.ts";

/**
 * JSON lines: information on stdout, warnings and errors on stderr. What belongs to a line is passed with it: keys kept
 * on a shared logger would follow into the lines of other runs.
 */
export function openLog(): Log {
  const logger = new Logger({ serviceName: "regild" });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
