import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import * as z from "zod/mini";
import type { HttpFailure, HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { reply } from "./reply.ts";

/** A key as GitHub hands it out: PKCS #1. */
export const APP_KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
export const APP_ID = "123456";
const INSTALLATION = 987654;
const HOUR_MS = 3_600_000;

export interface Check {
  id: number;
  name: string;
  head_sha: string;
  external_id: string | null;
  status: string;
  conclusion?: string | undefined;
  output?: { title: string; summary: string } | undefined;
  details_url?: string | undefined;
}

const output = z.strictObject({
  title: z.string().check(z.maxLength(255)),
  summary: z.string().check(z.maxLength(65_535)),
});
const time = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/));
const shownSchema = z.union([
  z.object({
    status: z.enum(["queued", "in_progress"]),
    started_at: z.optional(time),
    output: z.optional(output),
    details_url: z.optional(z.url()),
  }),
  z.object({
    status: z.literal("completed"),
    conclusion: z.enum([
      "action_required",
      "cancelled",
      "failure",
      "neutral",
      "success",
      "skipped",
      "timed_out",
    ]),
    completed_at: z.optional(time),
    output: z.optional(output),
    details_url: z.optional(z.url()),
  }),
]);
const newSchema = z.object({
  name: z.string(),
  head_sha: z.string(),
  external_id: z.optional(z.string()),
});

/**
 * The checks API of GitHub as an app meets it: the JWT's signature, issuer and times, an installation, a token for some
 * repositories and permissions that ends after an hour. Every POST makes a check. Source: docs.github.com, "REST API
 * endpoints for check runs", "Generating a JSON Web Token (JWT) for a GitHub App", "... for GitHub Apps".
 */
export class GitHubChecks {
  readonly checks: Check[] = [];
  readonly asked: string[] = [];
  /** The app may write checks. */
  mayWrite = true;
  isInstalled = true;
  outage: number | null = null;
  /** So many answers to POST of a check are lost. */
  lost = 0;
  private readonly tokens = new Map<
    string,
    { repositories: string[]; mayWrite: boolean; untilMs: number }
  >();
  private readonly repository: string;
  private readonly sha: string;
  private readonly now: () => number;

  constructor(is: { repository: string; sha: string; now: () => number }) {
    this.repository = is.repository;
    this.sha = is.sha;
    this.now = is.now;
  }

  get tokensMade(): number {
    return this.tokens.size;
  }

  revokeTokens(): void {
    this.tokens.clear();
  }

  answer(request: HttpRequest): HttpResponse | HttpFailure {
    const { pathname } = new URL(request.url);
    this.asked.push(`${request.method} ${pathname}`);
    if (this.outage !== null) return reply(this.outage, "Server Error");
    if ((request.headers["user-agent"] ?? "") === "") return reply(403, "Request forbidden");
    const bearer = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
    if (pathname === `/repos/${this.repository}/installation`) {
      if (!this.isApp(bearer)) return reply(401, "A JSON web token could not be decoded");
      return this.isInstalled ? json(200, { id: INSTALLATION }) : reply(404, "Not Found");
    }
    if (pathname === `/app/installations/${INSTALLATION}/access_tokens`) {
      return this.isApp(bearer) ? this.makeToken(request) : reply(401, "Bad credentials");
    }
    return this.ofToken(bearer, request);
  }

  private isApp(jwt: string): boolean {
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    const part = (text: string): unknown =>
      JSON.parse(Buffer.from(text, "base64url").toString("utf8") || "null");
    const isRs256 = z.object({ alg: z.literal("RS256") }).safeParse(part(head)).success;
    const read = z
      .strictObject({ iat: z.int(), exp: z.int(), iss: z.literal(APP_ID) })
      .safeParse(part(claims));
    const key = createPublicKey(APP_KEY.publicKey);
    const isSigned = verify(
      "RSA-SHA256",
      Buffer.from(`${head}.${claims}`),
      key,
      Buffer.from(signature, "base64url"),
    );
    if (!isRs256 || !read.success || !isSigned) return false;
    const seconds = this.now() / 1000;
    const { iat, exp } = read.data;
    return iat <= seconds && exp > seconds && exp <= seconds + 600;
  }

  private makeToken({ body }: HttpRequest): HttpResponse {
    const read = z
      .strictObject({
        repositories: z.array(z.string()),
        permissions: z.strictObject({ checks: z.literal("write") }),
      })
      .safeParse(JSON.parse(String(body)));
    if (!read.success || !this.mayWrite)
      return reply(422, "The permissions requested are not granted to this installation.");
    const token = `ghs_${this.tokens.size}${"x".repeat(30)}`;
    const untilMs = this.now() + HOUR_MS;
    this.tokens.set(token, { repositories: read.data.repositories, mayWrite: true, untilMs });
    return json(201, {
      token,
      expires_at: new Date(untilMs).toISOString(),
      permissions: { checks: "write" },
    });
  }

  private ofToken(bearer: string, { method, url, body }: HttpRequest): HttpResponse | HttpFailure {
    const token = this.tokens.get(bearer);
    if (token === undefined || this.now() >= token.untilMs) return reply(401, "Bad credentials");
    const [, name = ""] = this.repository.split("/");
    const { pathname, searchParams } = new URL(url);
    const path = pathname.replace(`/repos/${this.repository}`, "");
    if (!token.repositories.includes(name) || path === pathname) return reply(404, "Not Found");
    if (method === "GET" && path === `/commits/${this.sha}/check-runs`) {
      const perPage = Number(searchParams.get("per_page") ?? 30);
      const from = (Number(searchParams.get("page") ?? 1) - 1) * perPage;
      const named = this.checks.filter((each) => each.name === searchParams.get("check_name"));
      return json(200, {
        total_count: named.length,
        check_runs: named.toReversed().slice(from, from + perPage),
      });
    }
    const asked = /^\/commits\/(\w+)\/check-runs$/.exec(path)?.[1];
    if (asked !== undefined) return reply(422, `No commit found for SHA: ${asked}`);
    const document: unknown = JSON.parse(String(body));
    const shown = shownSchema.safeParse(document);
    if (!shown.success) return reply(422, "Invalid request");
    if (method === "POST" && path === "/check-runs") return this.create(document, shown.data);
    const id = /^\/check-runs\/(\d+)$/.exec(path)?.[1];
    const check = this.checks.find((each) => String(each.id) === id);
    if (method !== "PATCH" || check === undefined) return reply(404, "Not Found");
    Object.assign(check, shown.data);
    return json(200, check);
  }

  private create(
    document: unknown,
    shown: z.infer<typeof shownSchema>,
  ): HttpResponse | HttpFailure {
    const read = newSchema.safeParse(document);
    if (!read.success) return reply(422, "Invalid request");
    if (read.data.head_sha !== this.sha)
      return reply(422, `No commit found for SHA: ${read.data.head_sha}`);
    const { name, head_sha, external_id = null } = read.data;
    const check: Check = { name, head_sha, external_id, ...shown, id: 41 + this.checks.length };
    this.checks.push(check);
    if (this.lost-- > 0) return { kind: "failure", sent: true, reason: "no answer within 15 s" };
    return json(201, check);
  }
}

function json(status: number, document: object): HttpResponse {
  return { ...reply(status, ""), text: JSON.stringify(document) };
}
