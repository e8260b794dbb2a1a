import type { Log } from "../../shared/ports.ts";
import { serveHttp } from "../http-server.ts";
import type { Site } from "../site-answer.ts";
import type { ListenAddress } from "../listen-address.ts";
import { listening } from "./listening.ts";
import type { Loaded } from "./reload.ts";

/** Takes webhooks and chat commands, at an address of its own, from the moment that there is one to take. */
export class WebhookServer {
  private readonly site: Site;
  private readonly log: Log;
  private readonly where: { at: ListenAddress; isAlwaysOpen: boolean };
  private http: Awaited<ReturnType<typeof serveHttp>> | null = null;

  constructor(site: Site, log: Log, where: WebhookServer["where"]) {
    this.site = site;
    this.log = log;
    this.where = where;
  }

  /** @returns whether it was opened now. @throws CommandError when nothing can listen at its address. */
  async openFor(loaded: Loaded): Promise<boolean> {
    const { at, isAlwaysOpen } = this.where;
    if (this.http !== null || (pathsOf(loaded).length === 0 && !isAlwaysOpen)) return false;
    const { site, log } = this;
    this.http = await listening(at, () => serveHttp({ site, log }, at));
    return true;
  }

  urlsFor(loaded: Loaded): string[] {
    const { http } = this;
    return http === null ? [] : pathsOf(loaded).map((path) => http.url + path);
  }

  async close(): Promise<void> {
    await this.http?.close();
  }
}

function pathsOf({ recipes, settings }: Loaded): string[] {
  const senders = new Set([...recipes.values()].flatMap(({ webhook }) => webhook?.sender ?? []));
  const hasHooks = [...recipes.values()].some(({ prepare }) => prepare.hook !== null);
  return [
    ...(hasHooks ? ["/hooks/RUN"] : []),
    ...[...senders].map((sender) => `/webhooks/${sender}`),
    ...[...settings.chat.keys()].map((workspace) => `/chat/${workspace}`),
  ];
}
