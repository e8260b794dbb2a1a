import type { Asked } from "./asked.ts";
import type { Case, Rule } from "./rule.ts";

/** A guest that powers itself off is waited for. The upload of a volume reads the disk for minutes: nobody asks for it while a server writes to it, unless the recipe says so. */
export class LiveVolumes implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind !== "stop") return;
    const run = this.is.records.runs
      .all()
      .find(({ intent }) => intent?.kind === "stop-server" && intent.serverId === asked.server);
    // It is asked once where its disk is saved first.
    const isSaving = run?.recipe.prepare.restore != null && run.savedDisk?.readyAtMs == null;
    if (run !== undefined && run.recipe.prepare.waitForShutoffMs !== null && !isSaving)
      this.is.broken("a guest that powers itself off is never asked to stop", run.id);
  }

  called(asked: Asked): void {
    if (asked.kind !== "create") return;
    if (asked.intent !== "upload-image" && asked.intent !== "create-snapshot") return;
    const { world } = this.is.cloud;
    const servers = (world.volumes.get(asked.source)?.attachments ?? []).flatMap(
      ({ serverId }) => world.servers.get(serverId) ?? [],
    );
    if (!servers.some(({ id, vmState }) => vmState === "active" && !this.is.touched(id))) return;
    const run = this.is.records.runs.all().find(({ intent }) => intent?.name === asked.name);
    if (run?.recipe.prepare.stopServer === true && run.source?.kind === "volume")
      this.is.broken(
        "the image of a volume is taken while all its servers are stopped",
        `${run.id}: ${asked.source}`,
      );
    else if (asked.intent === "upload-image" && run?.recipe.prepare.allowLive === false)
      this.is.broken("no volume is uploaded while its server runs", `${run.id}: ${asked.source}`);
  }
}
