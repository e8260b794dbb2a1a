import type { ApiCall } from "../cloud-ports.ts";
import type { Timing } from "../ports.ts";
import { signInWithAccessKey } from "./access-key-sign-in.ts";
import { classify, unreadable, type Attempt } from "./classify.ts";
import type { CloudConfig } from "./config.ts";
import { CloudError } from "./errors.ts";
import { exchange, type Wire } from "./exchange.ts";
import { readToken, signInBody, type Token } from "./identity.ts";
import { masked } from "./mask.ts";

/** @throws CloudError that names the cloud and the fields of clouds.yaml to check. */
export async function signIn(config: CloudConfig, wire: Wire, { callTimeoutMs }: Timing) {
  const giveUpAtMs = wire.now() + callTimeoutMs;
  return config.auth.kind === "access-key"
    ? signInWithAccessKey(config, config.auth, wire, giveUpAtMs)
    : signInForToken(config, config.auth, wire, giveUpAtMs);
}

/** A fresh token. Counts as a read: one too many is of no consequence, so it is sent again if unanswered. */
async function signInForToken(
  config: CloudConfig,
  auth: Parameters<typeof signInBody>[0],
  wire: Wire,
  giveUpAtMs: number,
): Promise<Token> {
  const { answer, call } = await exchange(
    {
      service: "identity",
      effect: "read",
      method: "POST",
      url: `${config.authUrl}/auth/tokens`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(signInBody(auth)),
      giveUpAtMs,
    },
    wire,
  );
  const attempt: Attempt = { operation: "sign-in", effect: "read", call };
  if (answer.kind === "response" && answer.status === 201) {
    const value = answer.headers["x-subject-token"];
    if (value === undefined) throw unreadable(attempt, "it has no header X-Subject-Token");
    const read = readToken(value, answer, wire.now());
    if (read.kind === "none") throw unreadable(attempt, read.problem);
    if (read.kind === "no-project") throw withoutProject(config, read.problem, call);
    return read.token;
  }
  // Keystone's 400 quotes the request, password included.
  const hidden =
    answer.kind === "failure" ? answer : { ...answer, text: masked(answer.text, auth) };
  const error = classify(attempt, hidden, wire.now());
  throw answer.kind === "failure" ? error : explained(config, error);
}

function withoutProject({ name }: CloudConfig, problem: string, call: ApiCall): CloudError {
  return new CloudError(
    `identity answered sign-in, but ${problem}. Cloud ${name}: check project_name or project_id, and the roles in it`,
    { kind: "refused", code: "configuration", call },
  );
}

/** Names the cloud and the fields to look at. Keystone gives one 401 for every wrong field (seen on Zed). */
function explained({ name, auth }: CloudConfig, error: CloudError): CloudError {
  const isPassword = auth.kind === "password";
  if (error.call?.status === 407) return error;
  // An unknown application credential is a 404 (seen on Zed); for a password it is the wrong URL.
  const isRefused = error.code === "sign-in-failed" || (error.code === "not-found" && !isPassword);
  if (!isRefused && error.code !== "not-found" && error.code !== "configuration") return error;
  const remedy = !isRefused
    ? "check auth_url: this is no Keystone v3"
    : isPassword
      ? "check username, password, project_name and the domains"
      : "check application_credential_id and its secret, and whether it has expired";
  return new CloudError(`${error.message}. Cloud ${name}: ${remedy}`, {
    kind: "refused",
    code: isRefused ? "sign-in-failed" : "configuration",
    call: error.call,
    cause: error,
  });
}
