import { problemDocument } from "../../view/document.ts";
import { CommandError } from "../command-error.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { tolerant } from "./tolerant.ts";

const NEW_TOKEN = "regild token create NAME --role ROLE, on the host, makes one: REGILD_TOKEN";

/** What the host said, as the command would say it. */
export function refusedBy(origin: string, status: number, text: string): CommandError {
  const problem = tolerant(problemDocument, text);
  if (problem === null) return wrongAnswer(origin, status);
  const { code, message, remedy } = problem.error;
  const isToken = status === 401 || status === 403;
  return new CommandError(message, {
    status: exitStatusOf(status),
    code,
    remedy: isToken && code !== "role-too-small" && code !== "other-recipe" ? NEW_TOKEN : remedy,
  });
}

function exitStatusOf(status: number): ExitStatus {
  if (status === 401 || status === 403 || status === 409) return EXIT.refused;
  return status < 500 ? EXIT.usage : EXIT.broken;
}

/** Another program may answer at this address, or a proxy whose host is gone. */
export function wrongAnswer(origin: string, status: number): CommandError {
  return new CommandError(`${origin} answers with HTTP ${status}, and not as Regild does`, {
    status: EXIT.broken,
    code: "wrong-host",
    remedy: "Check REGILD_URL, and the proxy in between if there is one",
  });
}

/** Codes of Node and OpenSSL. Source: Node's documentation of TLS, "X509 certificate error codes". */
const TLS = /CERT|TLS|SSL|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO/;
const NOBODY_THERE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

export function notReachable(
  origin: string,
  error: unknown,
): { error: CommandError; mayPass: boolean } {
  const code = codeOf(error);
  const tell = (what: string, is: { code: string; remedy: string }) =>
    new CommandError(what, { status: EXIT.broken, ...is, cause: error });
  if (TLS.test(code)) {
    const remedy =
      "Check the name in REGILD_URL. For a certificate of a CA of your own: NODE_EXTRA_CA_CERTS=/path/ca.pem";
    const what = `The TLS connection to ${origin} is not trusted: ${code}`;
    return { error: tell(what, { code: "tls", remedy }), mayPass: false };
  }
  const remedy = "Is regild serve running there, and is REGILD_URL its address?";
  const what = `${origin} cannot be reached: ${code}`;
  const isSure = NOBODY_THERE.test(code);
  return { error: tell(what, { code: "host-not-reachable", remedy }), mayPass: !isSure };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in a minute";
  if (error.cause !== undefined) return codeOf(error.cause);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
