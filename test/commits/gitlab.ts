import * as z from "zod/mini";
import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { reply } from "./reply.ts";

const STATES = ["pending", "running", "success", "failed", "canceled"] as const;
const EVENTS = {
  pending: "enqueue",
  running: "run",
  success: "success",
  failed: "drop",
  canceled: "cancel",
};
const OPEN = ["created", "pending", "running"];
const MAY_COME_FROM: Record<(typeof STATES)[number], readonly string[]> = {
  pending: ["created"],
  running: ["created", "pending"], // it enqueues what is new first
  success: OPEN,
  failed: OPEN,
  canceled: OPEN,
};

const bodySchema = z.looseObject({
  state: z.optional(z.unknown()),
  name: z.optional(z.string()),
  description: z.optional(z.string()),
  target_url: z.optional(z.string()),
});

export interface Status {
  state: string;
  name: string;
  description: string | null;
  target_url: string | null;
}

/**
 * The commit status API of GitLab, as its server answers: `lib/api/commit_statuses.rb`, the state machine of
 * `app/models/commit_status.rb`, the lengths of `app/models/generic_commit_status.rb`.
 */
export class GitLabServer {
  readonly origin = "https://gitlab.example.com";
  private readonly commits = new Map<string, Status[]>();
  private readonly token: string;
  outage: number | null = null;
  /** How many answers get lost after their status was taken. */
  lost = 0;

  constructor(token: string) {
    this.token = token;
  }

  addCommit(project: string, sha: string): void {
    this.commits.set(`${project} ${sha}`, []);
  }

  statuses(project: string, sha: string): Status[] {
    return this.commits.get(`${project} ${sha}`) ?? [];
  }

  answer({ method, url, headers, body = "" }: HttpRequest): HttpResponse {
    const { origin, pathname } = new URL(url);
    const found = /^\/api\/v4\/projects\/([^/]+)\/statuses\/([^/]+)$/.exec(pathname);
    if (this.outage !== null) return reply(this.outage, "502 Bad Gateway");
    if (origin !== this.origin || method !== "POST" || found === null)
      return reply(404, "404 Not Found");
    if (headers["private-token"] !== this.token) return reply(401, "401 Unauthorized");
    const [project = "", sha = ""] = found.slice(1).map(decodeURIComponent);
    const isKnown = [...this.commits.keys()].some((key) => key.startsWith(`${project} `));
    if (!isKnown) return reply(404, "404 Project Not Found");
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    const answer = this.take(this.commits.get(`${project} ${sha}`), text);
    if (answer.status !== 201 || this.lost === 0) return answer;
    this.lost--;
    return reply(504, "504 Gateway Time-out");
  }

  private take(there: Status[] | undefined, text: string): HttpResponse {
    const read = bodySchema.safeParse(JSON.parse(text));
    if (!read.success) return reply(400, "400 Bad Request");
    const { name = "default", description = null, target_url: target = null } = read.data;
    const state = STATES.find((one) => one === read.data.state);
    if (state === undefined) return reply(400, "state does not have a valid value");
    if (there === undefined) return reply(404, "404 Commit Not Found");
    if (target !== null && (target.length > 255 || !/^https?:\/\/./.test(target)))
      return reply(400, "target_url is too long (maximum is 255 characters)");
    const open = there.find((one) => one.name === name && /^(pending|running)$/.test(one.state));
    const from = open?.state ?? "created";
    if (!MAY_COME_FROM[state].includes(from)) {
      const event = EVENTS[state];
      return reply(
        400,
        `Cannot transition status via :${event} from :${from} (Reason(s): Status cannot transition via "${event}")`,
      );
    }
    const status = { state, name, description, target_url: target };
    if (open === undefined) there.push(status);
    else Object.assign(open, status);
    return { ...reply(201, ""), text: JSON.stringify(status) };
  }
}
