import * as z from "zod/mini";
import type { Attachment, Compute, Server, ServerAction } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import { CloudError } from "./errors.ts";
import { isCloudId, isUuid, segment } from "../cloud-ids.ts";
import type { JustRead } from "./just-read.ts";
import { instanceActions, instanceFailure } from "./instance-actions.ts";
import { readDecisive } from "./odd-record.ts";
import { everyPage, nextByMarker } from "./pages.ts";
import { serverEntry } from "./server-schema.ts";
import { orNull, type Service } from "./service.ts";

const serverPage = z.pipe(
  z.looseObject({ servers: z.array(serverEntry), servers_links: z.optional(z.unknown()) }),
  z.transform((page) => ({
    items: page.servers,
    next: nextByMarker(page.servers, page.servers_links),
  })),
);

const attachmentSchema = z.looseObject({
  device: z.nullish(z.string()),
  tag: z.nullish(z.string()),
  delete_on_termination: z.nullish(z.boolean()),
});

function attachmentsOf(serverId: string): string {
  return `/servers/${segment(serverId)}/os-volume_attachments`;
}

/** What a wrong reading of would stop, lock or take the wrong thing. */
const DECISIVE = [
  "record",
  "id",
  "status",
  "OS-EXT-STS:task_state",
  "image",
  "os-extended-volumes:volumes_attached",
  "tenant_id",
];

export class NovaCompute implements Compute {
  readonly #nova: Service;
  readonly #justRead: JustRead<Server>;

  constructor(nova: Service, justRead: JustRead<Server>) {
    this.#nova = nova;
    this.#justRead = justRead;
  }

  async recentServer(id: string): Promise<Server | null> {
    const recent = this.#justRead.recent(id, this.#nova.place(), { nowMs: this.#nova.now() });
    return recent?.record ?? this.server(id);
  }

  async server(id: string): Promise<Server | null> {
    const askedAtMs = this.#nova.now();
    const answer = await orNull(
      this.#nova.send({
        operation: "getServer",
        effect: "read",
        method: "GET",
        path: `/servers/${segment(id)}`,
      }),
    );
    const server = answer?.read(z.looseObject({ server: serverEntry })).server ?? null;
    readDecisive("server", server, DECISIVE);
    if (server === null) this.#forget(id);
    else this.#justRead.keep(id, this.#nova.place(), server, askedAtMs);
    return server;
  }

  async findServers(idOrName: string): Promise<Server[]> {
    const byId = isUuid(idOrName) ? await this.server(idOrName) : null;
    if (byId !== null) return [byId];
    const askedAtMs = this.#nova.now();
    const found = await this.#servers({ name: nameFilter(idOrName) });
    const named = found.filter((server) => server.name === idOrName);
    for (const server of named) {
      readDecisive("server", server, DECISIVE);
      this.#justRead.keep(server.id, this.#nova.place(), server, askedAtMs);
    }
    return named;
  }

  servers(): Promise<Server[]> {
    return this.#servers({});
  }

  async serversFrom(imageId: string): Promise<string[]> {
    const found = await this.#servers({ image: imageId });
    return found
      .filter(({ imageId: from, oddFields }) => from === imageId || mayHideImage(oddFields))
      .map((server) => cloudWords(server.name || server.id || "a server without an id"));
  }

  /**
   * Below 2.45 the id stands at the end of `Location`, which is Glance's URL without `/v2`; from 2.45 in
   * the body. Compute api-ref, "Create Image (createImage Action)"; both seen on Zed.
   * Nova hands the metadata to Glance as fields of the new image, so `id` becomes its id (seen on Zed, 2025.1, 2026.2).
   */
  async createImage(
    serverId: string,
    name: string,
    metadata: Record<string, string>,
    wishedId: string | null = null,
  ): Promise<{ imageId: string }> {
    const wished = wishedId === null ? metadata : { ...metadata, id: wishedId };
    const answer = await this.#act(serverId, "createImage", "once", { name, metadata: wished });
    const location = answer.headers["location"];
    if (location === undefined) {
      const { image_id: imageId } = answer.read(
        z.looseObject({ image_id: z.optional(z.unknown()) }),
      );
      if (!isCloudId(imageId)) throw answer.unreadable("image_id is no id");
      return { imageId };
    }
    const imageId = location.split("/").at(-1);
    if (!isCloudId(imageId)) throw answer.unreadable("Location names no image");
    return { imageId };
  }

  async stop(serverId: string): Promise<void> {
    await this.#power(serverId, "os-stop", "once", "SHUTOFF");
  }

  async start(serverId: string): Promise<void> {
    await this.#power(serverId, "os-start", "repeatable", "ACTIVE");
  }

  /** Compute api-ref, "Show a detail of a volume attachment": `tag` from 2.70, `delete_on_termination` from 2.79. */
  async attachment(serverId: string, volumeId: string): Promise<Attachment | null> {
    const answer = await orNull(
      this.#nova.send({
        operation: "getAttachment",
        effect: "read",
        method: "GET",
        path: `${attachmentsOf(serverId)}/${segment(volumeId)}`,
      }),
    );
    if (answer === null) return null;
    const { volumeAttachment } = answer.read(z.looseObject({ volumeAttachment: attachmentSchema }));
    return {
      device: volumeAttachment.device ?? null,
      tag: volumeAttachment.tag ?? null,
      deleteOnTermination: volumeAttachment.delete_on_termination ?? false,
    };
  }

  async detach(serverId: string, volumeId: string): Promise<void> {
    this.#forget(serverId);
    await this.#nova.send({
      operation: "detachVolume",
      effect: "once",
      method: "DELETE",
      path: `${attachmentsOf(serverId)}/${segment(volumeId)}`,
    });
    this.#forget(serverId);
  }

  /** `tag` from 2.49, `delete_on_termination` from 2.79. */
  async attach(
    serverId: string,
    volumeId: string,
    { device, tag, deleteOnTermination }: Attachment,
  ): Promise<void> {
    this.#forget(serverId);
    await this.#nova.send({
      operation: "attachVolume",
      effect: "once",
      method: "POST",
      path: attachmentsOf(serverId),
      body: () => ({
        volumeAttachment: {
          volumeId,
          ...(device === null ? {} : { device }),
          ...(tag === null ? {} : { tag }),
          ...(deleteOnTermination ? { delete_on_termination: true } : {}),
        },
      }),
    });
    this.#forget(serverId);
  }

  async deleteServer(serverId: string): Promise<void> {
    this.#forget(serverId);
    await orNull(
      this.#nova.send({
        operation: "deleteServer",
        effect: "repeatable",
        method: "DELETE",
        path: `/servers/${segment(serverId)}`,
      }),
    );
  }

  actionsOf(serverId: string): Promise<ServerAction[] | null> {
    return instanceActions(this.#nova, serverId);
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

  async #act(serverId: string, action: string, effect: "repeatable" | "once", body: unknown) {
    this.#forget(serverId);
    try {
      return await this.#nova.send({
        operation: action,
        effect,
        method: "POST",
        path: `/servers/${segment(serverId)}/action`,
        body: () => ({ [action]: body }),
      });
    } finally {
      this.#forget(serverId);
    }
  }

  #forget(id: string): void {
    this.#justRead.forget(id, this.#nova.now());
  }

  #servers(query: Record<string, string>): Promise<Server[]> {
    return everyPage(
      this.#nova,
      { operation: "listServers", path: "/servers/detail", query },
      serverPage,
    );
  }
}

function mayHideImage(oddFields: string[]): boolean {
  return oddFields.includes("image") || oddFields.includes("record");
}

/**
 * Nova's `name` is a regular expression in its database's dialect, and a broken one is a 400 (seen on
 * Zed). So only letters, digits, `-` and `_` are given, and `.+` for all else, which may count in bytes.
 */
function nameFilter(name: string): string {
  return `^${name.replace(/[^A-Za-z0-9_-]+/g, ".+")}$`;
}
