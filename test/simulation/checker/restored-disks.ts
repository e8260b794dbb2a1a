import type { Run } from "../../../shared/run/record.ts";
import type { SourceItem } from "../../../shared/source/item.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";
import type { Thing } from "./things.ts";

/** How a server had its disk when everything began. */
interface Found {
  name: string;
  server: string;
  device: string;
  content: string;
}

/** What guests wrote as the cloud was set up. */
export const AS_FOUND = "as found";

/**
 * The source's disks are as they were, or the records say what is left. Only the content that the simulated guests write
 * counts, and not what the program believes of it.
 */
export class RestoredDisks implements Rule {
  private readonly found = new Map<string, Found>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
    for (const { id, name, content, attachments } of is.cloud.world.volumes.values()) {
      const [attached] = attachments;
      if (content === undefined || attached === undefined) continue;
      this.found.set(id, { name, content, server: attached.serverId, device: attached.device });
    }
  }

  born({ kind, id, by }: Thing): void {
    if (kind !== "snapshot" || by === null) return;
    const snapshot = this.is.cloud.world.snapshots.get(id);
    const found = this.found.get(snapshot?.volumeId ?? "");
    if (found === undefined || snapshot === undefined) return;
    const server = this.is.cloud.world.servers.get(found.server);
    if (this.is.strict && server?.vmState === "active" && !this.is.touched(server.id))
      this.is.broken("a disk is saved while its server is off", found.name);
  }

  /** A start that comes late is not what a worker wanted by then. */
  called(asked: Asked): void {
    if (this.is.strict && asked.kind === "start") this.start(asked.server);
  }

  request(asked: Asked): void {
    const { is } = this;
    if (asked.kind === "detach" || asked.kind === "attach" || asked.kind === "revert") {
      const item = this.itemOf(asked.volume);
      // Beyond the bounds a worker may sleep between its announcement and its call.
      if (is.strict && item?.savedDisk?.call?.kind !== asked.kind)
        is.broken("no disk is taken, put back or given back unannounced", asked.volume);
    }
    if (asked.kind === "detach") {
      const server = is.cloud.world.servers.get(asked.server);
      if (is.strict && server?.vmState === "active" && !is.touched(server.id))
        is.broken("no disk is taken from a server that runs", server.name);
    }
    if (asked.kind === "delete" && asked.of === "snapshot") {
      const needed = is.records.sources.all().find(({ savedDisk }) => {
        // Beyond the bounds, a worker that has slept may write an unused one down again, after it was dropped.
        const pending = is.strict ? ["unused", "kept", "ready"] : ["kept", "ready"];
        const isPending = pending.includes(savedDisk?.stage ?? "");
        return isPending && savedDisk !== null && savedDisk.snapshotId === asked.id;
      });
      if (needed !== undefined)
        is.broken("no snapshot is deleted that a disk is put back to", asked.id);
    }
  }

  /** With what is on the disk now, before the guest prepares it, or after everything. */
  private start(serverId: string): void {
    const volumes = [...this.found].filter(([, { server }]) => server === serverId);
    for (const [id, { name }] of volumes) {
      const volume = this.is.cloud.world.volumes.get(id);
      if (volume === undefined || this.is.touched(id) || this.isExcused(id)) continue;
      const isThere = volume.attachments.some((each) => each.serverId === serverId);
      if (!isThere || volume.content !== AS_FOUND)
        this.is.broken("a server is started with its disk as it was", `${name}: ${volume.content}`);
    }
  }

  source({ item, now }: Change<SourceItem>): void {
    if (now.savedDisk != null && item.sweepAtMs === null)
      this.is.broken("pending work has a due time", `the disk of ${now.id}`);
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome === null || before?.outcome !== null) return;
    for (const [id, { name }] of this.found) {
      const isOwn = now.source?.id === id && now.recipe.prepare.restore !== null;
      if (!isOwn || this.isAsFound(id) || this.is.touched(id) || this.isExcused(id)) continue;
      const { savedDisk: saved, owner } = this.itemOf(id) ?? {};
      // The next run is at work on it already.
      if (owner != null && owner !== now.id) continue;
      const isTold = now.leftovers.some((text) => text.includes(id) && text.includes("By hand"));
      // An unanswered detach may still come: the record watches for it.
      if (saved?.stage === "watched") continue;
      if (!isTold) this.is.broken("a run says which disk is not as it was", `${now.id}: ${name}`);
    }
  }

  end(): void {
    for (const [id, { name }] of this.found) {
      if (this.is.touched(id) || this.isExcused(id)) continue;
      const volume = this.is.cloud.world.volumes.get(id);
      if (!this.isAsFound(id))
        this.is.broken(
          "the source's disks are as they were",
          `${name} is ${volume?.status ?? "gone"}, ${volume?.content}`,
        );
      else if (this.itemOf(id)?.savedDisk != null)
        this.is.broken("no disk is left to be put back that is as it was", name);
    }
  }

  /** Somebody has deleted the snapshot that it would be put back to, or Cinder could not. */
  private isExcused(volumeId: string): boolean {
    // An upload may go on for ever.
    const { status = "" } = this.is.cloud.world.volumes.get(volumeId) ?? {};
    if (status === "error" || status === "uploading") return true;
    return [...this.is.things.byId.values()].some(
      ({ kind, id, diedAtMs }) => kind === "snapshot" && diedAtMs !== null && this.is.touched(id),
    );
  }

  private isAsFound(id: string): boolean {
    const volume = this.is.cloud.world.volumes.get(id);
    const found = this.found.get(id);
    if (found === undefined || volume?.content !== found.content) return false;
    if (!this.is.cloud.world.servers.has(found.server)) return true;
    return (
      volume.status === "in-use" &&
      volume.attachments.some(
        ({ serverId, device }) => serverId === found.server && device === found.device,
      )
    );
  }

  private itemOf(volumeId: string): SourceItem | undefined {
    const server = this.found.get(volumeId)?.server;
    return this.is.records.sources.all().find(({ id }) => id === server);
  }
}
