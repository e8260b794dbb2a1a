import type { Run } from "../../../shared/run/record.ts";
import type { SourceItem } from "../../../shared/source/item.ts";
import type { Asked } from "./asked.ts";
import { isStoppedForGood } from "./builds.ts";
import type { Case, Change, Rule } from "./rule.ts";

/** The wish that a server runs again is stored from our stop until it runs. */
export class Power implements Rule {
  /** When we last asked each server to stop; not there: it has been started since. */
  private readonly stoppedAtMs = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (
      asked.kind === "stop" &&
      this.is.cloud.world.servers.get(asked.server)?.vmState === "active"
    )
      this.stoppedAtMs.set(asked.server, this.is.nowMs);
  }

  source({ before, now }: Change<SourceItem>): void {
    if (before?.wishedPower !== "ACTIVE" || now.wishedPower === "ACTIVE") return;
    if (this.isDown(now.id) && !this.isPending(now))
      this.is.broken("a server that we stopped is to be started until it runs", now.id);
    this.stoppedAtMs.delete(now.id);
  }

  run({ before, now }: Change<Run>): void {
    if (now.outcome === null || before?.outcome !== null || now.source === null) return;
    // Those of a volume, as the cloud has it: the run's own list may be what is wrong.
    const { source } = now;
    const users = this.is.cloud.world.volumes.get(source.id)?.attachments ?? [];
    const ids = source.kind === "server" ? [source.id] : users.map(({ serverId }) => serverId);
    for (const id of ids) {
      if (isStoppedForGood([now, ...this.is.records.runs.all()], id)) continue;
      if (this.isDown(id) && !this.isPending(this.is.records.source(id)))
        this.is.broken(
          "a server that we stopped is to be started until it runs",
          `${now.id}: ${id}`,
        );
    }
  }

  end(): void {
    for (const { id, name, vmState, taskState } of this.is.cloud.world.servers.values()) {
      // While a task of Nova's goes on for ever, it is asked for ever.
      if (isStoppedForGood(this.is.records.runs.all(), id)) continue;
      const source = this.is.records.source(id);
      const pending = source?.wishedPower === "ACTIVE";
      // It starts with its disk, or not at all.
      if (pending && source.savedDisk != null && isHeld(this.is, source.savedDisk.volumeId))
        continue;
      if (vmState !== "active" && !(pending && taskState !== null))
        this.is.broken("servers run as they were found", `${name} is ${vmState}`);
      else if (pending && taskState === null)
        this.is.broken("no wish is left for a server that runs", id);
    }
  }

  /** Outright; or because a stop that nobody answered is still reckoned with. */
  private isPending(source: SourceItem | undefined | null): boolean {
    if (source == null) return false;
    // Its last check comes after that time, however late.
    return source.wishedPower === "ACTIVE" || source.lateStopUntilMs !== null;
  }

  private isDown(id: string): boolean {
    const server = this.is.cloud.world.servers.get(id);
    const sinceMs = this.stoppedAtMs.get(id);
    if (server === undefined || sinceMs === undefined || this.is.touched(id, sinceMs)) return false;
    return server.vmState === "stopped" || server.taskState === "powering-off";
  }
}

/** Cinder lets nobody put back a volume that is being uploaded, or that it could not revert. */
function isHeld({ cloud }: Case, volumeId: string): boolean {
  const { status = "" } = cloud.world.volumes.get(volumeId) ?? {};
  return status === "uploading" || status === "error";
}
