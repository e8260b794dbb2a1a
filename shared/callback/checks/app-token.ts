import { createPrivateKey, sign } from "node:crypto";
import * as z from "zod/mini";
import type { HttpFailure, HttpRequest, HttpResponse } from "../../ports.ts";
import type { Refusal } from "../deliver.ts";
import type { GitHubApp } from "../target.ts";
import { githubRequest, refusalOf } from "./github-api.ts";

export type Send = (request: HttpRequest) => Promise<HttpResponse | HttpFailure>;

const SECOND = 1000;
/** GitHub takes a JWT for ten minutes at most, and its clock may be behind. */
const LIVES_SECONDS = 9 * 60;
const BEHIND_SECONDS = 60;
/** A token is not used in its last minutes: its clock is GitHub's. */
const SPARE_MS = 5 * 60_000;

const installationSchema = z.object({ id: z.int() });
const tokenSchema = z.object({ token: z.string(), expires_at: z.string() });

interface Known {
  token: string;
  untilMs: number;
}
/** In memory alone, by host, app and repository. */
const known = new Map<string, Known>();

/**
 * Returns a token that may write checks of this repository and nothing else, good for an hour.
 * Source: docs.github.com, Generating a JSON Web Token (JWT) for a GitHub App; Get a repository installation for the
 * authenticated app; Create an installation access token for an app.
 */
export async function appToken(
  app: GitHubApp,
  repository: string,
  { send, nowMs }: { send: Send; nowMs: number },
): Promise<{ token: string } | Refusal> {
  const name = nameOf(app, repository);
  const held = known.get(name);
  if (held !== undefined && nowMs < held.untilMs) return held;
  const ask = (method: "GET" | "POST", path: string, body?: object) =>
    send(githubRequest(app, { method, path, token: jsonWebToken(app, nowMs), body }));

  const found = await ask("GET", `/repos/${pathOf(repository)}/installation`);
  const installation = read(found, 200, installationSchema);
  if (installation === null) {
    return refusalOf(found, { 404: "the app is not installed for its repository" });
  }
  const [, ...names] = repository.split("/");
  const made = await ask("POST", `/app/installations/${installation.id}/access_tokens`, {
    repositories: [names.join("/")],
    permissions: { checks: "write" },
  });
  const fresh = read(made, 201, tokenSchema);
  if (fresh === null) {
    return refusalOf(made, { 422: "the app has no permission to write checks" }, []);
  }
  const { token, expires_at: expiresAt } = fresh;
  known.set(name, { token, untilMs: Date.parse(expiresAt) - SPARE_MS });
  return { token };
}

/** For a token that GitHub refuses before its time: somebody has revoked it. */
export function forgetAppToken(app: GitHubApp, repository: string): void {
  known.delete(nameOf(app, repository));
}

function nameOf({ url, app_id: id }: GitHubApp, repository: string): string {
  return [url ?? "", id, repository.toLowerCase()].join("\n");
}

export function pathOf(repository: string): string {
  return repository.split("/").map(encodeURIComponent).join("/");
}

function jsonWebToken({ app_id: issuer, private_key: pem }: GitHubApp, nowMs: number): string {
  const now = Math.floor(nowMs / SECOND);
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iat: now - BEHIND_SECONDS, exp: now + LIVES_SECONDS, iss: issuer };
  const signed = `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded(claims)}`;
  const signature = sign("RSA-SHA256", Buffer.from(signed), createPrivateKey(pem));
  return `${signed}.${signature.toString("base64url")}`;
}

/** @returns null: another status, or another document. */
export function read<T>(
  answer: HttpResponse | HttpFailure,
  status: number,
  schema: z.ZodMiniType<T>,
): T | null {
  if (answer.kind === "failure" || answer.status !== status) return null;
  try {
    return schema.safeParse(JSON.parse(answer.text)).data ?? null;
  } catch {
    return null;
  }
}
