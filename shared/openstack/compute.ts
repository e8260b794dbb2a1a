import * as z from "zod/mini";
import type { Compute, Server } from "../cloud-ports.ts";
import { CloudError } from "./errors.ts";
import { instanceFailure } from "./instance-actions.ts";
import { everyPage, linksSchema, nextByMarker } from "./pages.ts";
import { orNull, segment, type Service } from "./service.ts";
import { isUuid } from "./uuid.ts";

/** `""` for a volume-backed server. (`z.catch` would bring 9 KB of zod with it.) */
const imageOrNone = z.union([z.nullish(z.object({ id: z.string() })), z.transform(() => null)]);

// Compute api-ref, "List Servers Detailed"; fields that old clouds leave out are optional.
const serverSchema = z.pipe(
  z.object({
    id: z.string(),
    name: z.nullish(z.string()),
    status: z.string(),
    tenant_id: z.string(),
    image: imageOrNone,
    "OS-EXT-STS:task_state": z.nullish(z.string()),
    "os-extended-volumes:volumes_attached": z._default(z.array(z.object({ id: z.string() })), []),
    /** From 2.9. */
    locked: z.nullish(z.boolean()),
    fault: z.nullish(z.object({ message: z.nullish(z.string()) })),
  }),
  z.transform((server): Server => ({
    id: server.id,
    name: server.name ?? "",
    status: server.status,
    taskState: server["OS-EXT-STS:task_state"] ?? null,
    imageId: server.image?.id ?? null,
    volumeIds: server["os-extended-volumes:volumes_attached"].map((volume) => volume.id),
    projectId: server.tenant_id,
    locked: server.locked ?? null,
    faultMessage: server.fault?.message ?? null,
  })),
);

const serverPage = z.pipe(
  z.object({ servers: z.array(serverSchema), servers_links: linksSchema }),
  z.transform((page) => ({
    items: page.servers,
    next: nextByMarker(page.servers, page.servers_links),
  })),
);

export class NovaCompute implements Compute {
  readonly #nova: Service;

  constructor(nova: Service) {
    this.#nova = nova;
  }

  async server(id: string): Promise<Server | null> {
    const answer = await orNull(
      this.#nova.send({
        operation: "getServer",
        effect: "read",
        method: "GET",
        path: `/servers/${segment(id)}`,
      }),
    );
    return answer?.read(z.object({ server: serverSchema })).server ?? null;
  }

  async findServers(idOrName: string): Promise<Server[]> {
    const byId = isUuid(idOrName) ? await this.server(idOrName) : null;
    if (byId !== null) return [byId];
    const found = await this.#servers({ name: nameFilter(idOrName) });
    return found.filter((server) => server.name === idOrName);
  }

  async serversFrom(imageId: string): Promise<string[]> {
    const found = await this.#servers({ image: imageId });
    return found.filter((server) => server.imageId === imageId).map((server) => server.name);
  }

  /**
   * Below 2.45 the id stands at the end of `Location`, which is Glance's URL without `/v2`; from 2.45 in
   * the body. Compute api-ref, "Create Image (createImage Action)"; both seen on Zed.
   */
  async createImage(
    serverId: string,
    name: string,
    metadata: Record<string, string>,
  ): Promise<{ imageId: string }> {
    const answer = await this.#act(serverId, "createImage", "once", { name, metadata });
    const location = answer.headers["location"];
    if (location === undefined) {
      return {
        imageId: answer.read(z.object({ image_id: z.string().check(z.minLength(1)) })).image_id,
      };
    }
    const imageId = location.split("/").at(-1);
    if (!imageId) throw answer.unreadable("Location names no image");
    return { imageId };
  }

  async stop(serverId: string): Promise<void> {
    await this.#power(serverId, "os-stop", "once", "SHUTOFF");
  }

  async start(serverId: string): Promise<void> {
    await this.#power(serverId, "os-start", "repeatable", "ACTIVE");
  }

  failureOf(
    serverId: string,
    action: string,
    sinceMs: number,
  ): Promise<{ message: string; requestId: string | null } | null> {
    return instanceFailure(this.#nova, serverId, action, sinceMs);
  }

  /** Nova answers 409 to stopping what is stopped, as to much else; the server itself tells which. */
  async #power(
    serverId: string,
    action: "os-start" | "os-stop",
    effect: "repeatable" | "once",
    goal: string,
  ): Promise<void> {
    try {
      await this.#act(serverId, action, effect, null);
    } catch (error) {
      const isConflict = error instanceof CloudError && error.code === "conflict";
      if (!isConflict || (await this.server(serverId))?.status !== goal) throw error;
    }
  }

  #act(serverId: string, action: string, effect: "repeatable" | "once", body: unknown) {
    return this.#nova.send({
      operation: action,
      effect,
      method: "POST",
      path: `/servers/${segment(serverId)}/action`,
      body: () => ({ [action]: body }),
    });
  }

  #servers(query: Record<string, string>): Promise<Server[]> {
    return everyPage(
      this.#nova,
      { operation: "listServers", path: "/servers/detail", query },
      serverPage,
    );
  }
}

/**
 * Nova's `name` is a regular expression in its database's dialect, and a broken one is a 400 (seen on
 * Zed). So only letters, digits, `-` and `_` are given, and `.+` for all else, which may count in bytes.
 */
function nameFilter(name: string): string {
  return `^${name.replace(/[^A-Za-z0-9_-]+/g, ".+")}$`;
}
