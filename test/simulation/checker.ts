import type { HttpRequest } from "../../shared/ports.ts";
import { type Head, headSchema, type ImageState } from "../../shared/image/head.ts";
import { sourceSchema } from "../../shared/source/item.ts";
import type { Simulation } from "./simulation.ts";

/** What may become of an image: written a second time here, on purpose. */
const LEGAL = new Set([
  "candidate>current",
  "candidate>doomed",
  "current>retired",
  "retired>current",
  "retired>doomed",
  "doomed>gone",
]);

export interface Violation {
  atMs: number;
  rule: string;
  what: string;
}

/**
 * Looks at cloud and store directly after every effect, keeps its own log of what was born and died and why it might,
 * and believes nothing the program says of itself.
 */
export class Checker {
  readonly violations: Violation[] = [];
  private readonly versions = new Map<string, number>();
  private readonly heads = new Map<string, Head>();
  private readonly tagged = new Set<string>();
  private journalled = 0;
  private readonly secrets: string[];
  private readonly simulation: Simulation;

  constructor(simulation: Simulation, secrets: string[]) {
    this.simulation = simulation;
    this.secrets = secrets;
  }

  /** Right before the cloud carries out what it was asked for. */
  request({ method, url }: HttpRequest): void {
    if (method !== "DELETE") return;
    const [, kind, id] =
      /\/(images|snapshots|volumes)\/([0-9a-f-]{36})$/.exec(new URL(url).pathname) ?? [];
    if (id === undefined || !this.exists(id)) return;
    this.readHeads();
    if (kind === "images")
      this.expect(
        this.stateOf(id) === "doomed",
        "only doomed images are deleted",
        `${id} is ${this.stateOf(id) ?? "unknown"}`,
      );
    else
      this.expect(
        this.partState(id) === "doomed",
        "only doomed parts are deleted",
        `${kind ?? ""} ${id} is ${this.partState(id) ?? "unknown"}`,
      );
    if (kind === "snapshots") {
      const naming = this.images().filter((image) =>
        (image.properties["block_device_mapping"] ?? "").includes(id),
      );
      this.expect(
        naming.length === 0,
        "no snapshot is deleted that an image names",
        `${id} named by ${naming.map((i) => i.id).join(", ")}`,
      );
    }
  }

  /** After every effect. */
  effect(): void {
    this.readHeads();
    this.everTagged();
    const { journal } = this.simulation.cloud.world;
    if (journal.length === this.journalled) return;
    this.journalled = journal.length;
    for (const head of this.heads.values()) this.everShown(head);
  }

  /** Once every run has ended and nothing is due any more. */
  end(): void {
    const { simulation } = this;
    this.readHeads();
    for (const run of simulation.runs())
      this.expect(run.outcome !== null, "every run ends", `${run.id} is in ${run.step}`);
    for (const { actor, error } of simulation.thrown) {
      const known =
        error instanceof Error &&
        (error.message.startsWith("store:") ||
          error.name === "NotThereYet" ||
          error.message.includes("has no version"));
      this.expect(
        known,
        "weather is a wait, and nothing else throws",
        `${actor}: ${String(error)}`,
      );
    }
    for (const item of simulation.table.items.values())
      this.leftBehind(item.key.sk, item.doc, item.key.pk);
    this.inventory();
    for (const text of [
      ...simulation.logs,
      ...[...simulation.table.items.values()].map((i) => i.doc),
    ]) {
      for (const secret of this.secrets)
        this.expect(!text.includes(secret), "no secret in a record or log", text.slice(0, 80));
    }
  }

  private leftBehind(sk: string, doc: string, pk: string): void {
    if (sk !== "lock") return;
    const source = sourceSchema.parse(JSON.parse(doc));
    this.expect(
      source.owner === null,
      "no lock outlives its run",
      `${pk} is held by ${source.owner ?? ""}`,
    );
    this.expect(source.wishedPower === null, "no server is left stopped", pk);
  }

  /** Nothing stands in the cloud but sources, current and retired images, and the snapshots these name. */
  private inventory(): void {
    const { world } = this.simulation.cloud;
    const named = this.images()
      .map((image) => image.properties["block_device_mapping"] ?? "")
      .join();
    for (const snapshot of world.snapshots.values()) {
      this.expect(
        named.includes(snapshot.id),
        "no snapshot is left that no image names",
        `${snapshot.name} ${snapshot.id}`,
      );
    }
    for (const volume of world.volumes.values()) {
      this.expect(!volume.name.startsWith("regild-"), "no temporary volume is left", volume.name);
    }
    for (const image of this.images()) {
      if (image.name === "base") continue;
      const state = this.stateOf(image.id);
      this.expect(
        state === "current" || state === "retired",
        "no image is left that the ledger does not keep",
        `${image.name ?? ""} ${image.id}: ${state ?? "unknown"}`,
      );
    }
    for (const server of world.servers.values()) {
      this.expect(
        server.vmState === "active",
        "servers run as they were found",
        `${server.name} is ${server.vmState}`,
      );
    }
    for (const head of this.heads.values()) this.shownAtTheEnd(head);
  }

  private shownAtTheEnd(head: Head): void {
    const tag = `regild-current-${head.recipeName}`;
    const tagged = this.images()
      .filter((image) => image.tags.includes(tag))
      .map((image) => image.id);
    const wanted = head.current === null ? [] : [head.current];
    this.expect(
      JSON.stringify(tagged) === JSON.stringify(wanted),
      "the cloud shows what the pointer names",
      `${tag}: ${tagged.join()}, pointer ${head.current ?? "none"}`,
    );
    for (const entry of head.images) {
      const image = this.images().find((i) => i.id === entry.id);
      if (entry.state === "retired")
        this.expect(image?.hidden === true, "retired images are hidden", entry.id);
      if (entry.state === "current")
        this.expect(image?.hidden === false, "the current image is not hidden", entry.id);
    }
    this.expect(
      head.activeRun === null,
      "no head outlives its run",
      `${head.recipeName}: ${head.activeRun ?? ""}`,
    );
  }

  /** From the first promotion on there is always an image that is current, in the pointer's view and in the cloud. */
  private everShown(head: Head): void {
    if (head.current === null) return;
    const there = this.images().some((image) => image.id === head.current);
    this.expect(there, "the current image exists", `${head.recipeName}: ${head.current}`);
  }

  /** What consumers look up by tag goes from one to two to one, never to none. */
  private everTagged(): void {
    const tags = new Set(
      this.images().flatMap((image) =>
        image.tags.filter((tag) => tag.startsWith("regild-current-")),
      ),
    );
    for (const tag of this.tagged)
      this.expect(tags.has(tag), "the clouds always show a current image", tag);
    for (const tag of tags) this.tagged.add(tag);
  }

  private readHeads(): void {
    for (const item of this.simulation.table.items.values()) {
      if (item.key.sk !== "head" || this.versions.get(item.key.pk) === item.version) continue;
      this.versions.set(item.key.pk, item.version);
      const head = headSchema.parse(JSON.parse(item.doc));
      this.changed(this.heads.get(item.key.pk), head);
      this.heads.set(item.key.pk, head);
    }
  }

  private changed(before: Head | undefined, now: Head): void {
    for (const image of now.images) {
      const was = before?.images.find((i) => i.id === image.id)?.state;
      if (was === image.state || was === undefined) continue;
      this.expect(
        LEGAL.has(`${was}>${image.state}`),
        "an image's state moves as the table allows",
        `${image.id} ${was} → ${image.state}`,
      );
    }
    const current = now.images.filter((i) => i.state === "current");
    this.expect(
      current.length <= 1,
      "the pointer names exactly one",
      current.map((i) => i.id).join(", "),
    );
    this.expect(
      (current[0]?.id ?? null) === now.current,
      "the pointer names the current one",
      now.current ?? "none",
    );
    this.expect(
      before?.current == null || now.current !== null,
      "the pointer never goes back to none",
      now.recipeName,
    );
    const kept = new Map<string, number>();
    for (const image of now.images) {
      if (image.promotedAtMs !== null) kept.set(image.run, (kept.get(image.run) ?? 0) + 1);
    }
    for (const [run, count] of kept)
      this.expect(count === 1, "one image of a run is promoted", `${run}: ${count}`);
  }

  private stateOf(imageId: string): ImageState | undefined {
    for (const head of this.heads.values()) {
      const found = head.images.find((image) => image.id === imageId);
      if (found !== undefined) return found.state;
    }
    return undefined;
  }

  private partState(id: string): string | undefined {
    for (const head of this.heads.values()) {
      const found = head.parts.find((part) => part.id === id);
      if (found !== undefined) return found.state;
    }
    return undefined;
  }

  private exists(id: string): boolean {
    const { volumes, snapshots } = this.simulation.cloud.world;
    return volumes.has(id) || snapshots.has(id) || this.images().some((image) => image.id === id);
  }

  private images() {
    return [...this.simulation.cloud.world.firstZone.images.values()];
  }

  private expect(holds: boolean, rule: string, what: string): void {
    if (!holds) this.violations.push({ atMs: this.simulation.nowMs, rule, what });
  }
}
