import * as z from "zod/mini";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { reply } from "./reply.ts";

const bodySchema = z.looseObject({
  state: z.optional(z.unknown()),
  context: z.optional(z.string()),
  description: z.optional(z.nullable(z.string())),
  target_url: z.optional(z.nullable(z.string())),
});

export interface Status {
  state: string;
  context: string;
  description: string | null;
  target_url: string | null;
}

/**
 * The statuses API of GitHub, as its server answers: docs.github.com, "REST API endpoints for commit statuses". Messages of
 * its refusals: github.com/vince-riv/argo-diff/issues/49, github.com/zalando/zappr/issues/378.
 */
export class GitHubServer {
  readonly origin: string;
  private readonly path: string;
  private readonly commits = new Map<string, Status[]>();
  /** May write statuses of these repositories. */
  private readonly token: string;
  outage: number | null = null;
  requests = 0;

  constructor(is: { api: string; token: string }) {
    const { origin, pathname } = new URL(is.api);
    this.origin = origin;
    this.path = pathname === "/" ? "" : pathname;
    this.token = is.token;
  }

  addCommit(repository: string, sha: string): void {
    this.commits.set(`${repository.toLowerCase()} ${sha}`, []);
  }

  /** All, the newest last. */
  statuses(repository: string, sha: string): Status[] {
    return this.commits.get(`${repository.toLowerCase()} ${sha}`) ?? [];
  }

  /** What a pull request shows of this context. */
  shown(repository: string, sha: string, context: string): Status | undefined {
    return this.statuses(repository, sha).findLast((one) => one.context === context);
  }

  answer({ method, url, headers, body = "" }: HttpRequest): HttpResponse {
    this.requests++;
    const { origin, pathname } = new URL(url);
    const found = /^\/repos\/([^/]+\/[^/]+)\/statuses\/([^/]+)$/.exec(
      pathname.startsWith(this.path) ? pathname.slice(this.path.length) : "",
    );
    if (this.outage !== null) return reply(this.outage, "Server Error");
    if (origin !== this.origin || method !== "POST" || found === null)
      return reply(404, "Not Found");
    if ((headers["user-agent"] ?? "") === "")
      return reply(403, "Request forbidden by administrative rules");
    const { authorization } = headers;
    if (authorization === undefined) return reply(401, "Requires authentication");
    if (authorization !== `Bearer ${this.token}`) return reply(401, "Bad credentials");
    const [, repository = "", sha = ""] = found;
    const isKnown = [...this.commits.keys()].some((key) =>
      key.startsWith(`${repository.toLowerCase()} `),
    );
    if (!isKnown) return reply(404, "Not Found");
    return this.take(
      repository,
      sha,
      typeof body === "string" ? body : new TextDecoder().decode(body),
    );
  }

  private take(repository: string, sha: string, body: string): HttpResponse {
    const read = bodySchema.safeParse(parsed(body));
    if (!read.success) return reply(400, "Problems parsing JSON");
    const { state, context = "default", description = null, target_url: target = null } = read.data;
    const there = this.commits.get(`${repository.toLowerCase()} ${sha}`);
    if (there === undefined) return reply(422, `No commit found for SHA: ${sha}`);
    if (state !== "error" && state !== "failure" && state !== "pending" && state !== "success")
      return invalid("state is not included in the list");
    if (description !== null && Array.from(description).length > 140)
      return invalid("description is too long (maximum is 140 characters)");
    if (target !== null && !/^https?:\/\/./.test(target))
      return invalid("target_url must use http(s) scheme");
    const same = there.filter((one) => one.context.toLowerCase() === context.toLowerCase());
    if (same.length >= 1000)
      return invalid("This SHA and context has reached the maximum number of statuses");
    const status = { state, context, description, target_url: target };
    there.push(status);
    return { ...reply(201, ""), text: JSON.stringify(status) };
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function invalid(message: string): HttpResponse {
  const errors = [{ resource: "Status", code: "custom", message }];
  return { ...reply(422, ""), text: JSON.stringify({ message: "Validation Failed", errors }) };
}
