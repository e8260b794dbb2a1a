import { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { seededRandom } from "../../local/simulated-cloud/random.ts";
import type { Image } from "../../local/simulated-cloud/resources.ts";
import type {
  BackingResource,
  ImageState,
  InventoryImage,
  RecipeState,
} from "../../shared/image/recipe-state.ts";
import type { Run } from "../../shared/run/record.ts";
import {
  candidate,
  HOUR,
  inventoryImage,
  MINUTE,
  NOW,
  recipe,
  recipeState,
  resource,
  run,
  source,
} from "../unit/builders.ts";

/** A cloud, the records of some recipes, and their ended runs. */
export interface RandomCloud {
  seed: number;
  cloud: SimulatedCloud;
  projectId: string;
  records: RecipeState[];
  runs: Run[];
}

const DAY = 24 * HOUR;

/** Draws all from one seed. Every hundredth cloud is large, with pages as large as real ones. */
export function randomCloud(seed: number): RandomCloud {
  return new Draw(seed).cloud();
}

class Draw {
  readonly #seed: number;
  readonly #random: () => number;
  readonly #isLarge: boolean;
  readonly #cloud: SimulatedCloud;
  readonly #stranger: string;
  #serial = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#isLarge = seed % 100 === 99;
    this.#cloud = new SimulatedCloud({
      now: () => NOW,
      random: this.#random,
      settings: {
        maxPage: this.#isLarge ? 1000 : 1 + this.#below(6),
        imageServices: this.#pick(["regions", "endpoints", "services"]),
      },
    });
    this.#stranger = this.#cloud.operator.addProject("stranger", "secret").project.id;
  }

  cloud(): RandomCloud {
    const records: RecipeState[] = [];
    const runs: Run[] = [];
    for (let n = 0; n <= this.#below(3); n++) {
      const made = this.#recipe(`recipe-${n}`);
      records.push(made.record);
      runs.push(...made.runs);
    }
    const others = this.#isLarge ? 1200 + this.#below(2000) : this.#below(8);
    for (let n = 0; n < others; n++) this.#foreignImage();
    for (let n = 0; n < others / 3; n++) this.#snapshot({});
    for (let n = 0; n < others / 3; n++) this.#volume({});
    const projectId = this.#cloud.demo.project.id;
    return { seed: this.#seed, cloud: this.#cloud, projectId, records, runs };
  }

  #recipe(name: string): { record: RecipeState; runs: Run[] } {
    const where = {
      cloud: "mycloud",
      region: null,
      projectId: this.#cloud.demo.project.id,
      sourceId: "server-1",
    };
    const activeRun = this.#chance(0.3) ? `${name}-20261123-080000-aaaaaa` : null;
    const images: InventoryImage[] = [];
    const resources: BackingResource[] = [];
    const entry = (state: ImageState): InventoryImage => {
      const id = this.#cloud.world.newId();
      const isOld = state === "retired" || state === "current" || this.#chance(0.5);
      const ageMs = Math.floor(this.#random() * 10 * DAY) + MINUTE;
      const made = inventoryImage({
        id,
        name: `${name}-${(this.#serial += 1)}`,
        run:
          state === "candidate" && activeRun !== null && this.#chance(0.8)
            ? activeRun
            : `${name}-old`,
        where: { ...where, sourceId: this.#chance(0.1) ? "earlier" : where.sourceId },
        state,
        sizeBytes: 1024 ** 3,
        candidateAtMs: NOW - ageMs,
        promotedAtMs: isOld ? NOW - ageMs + 1000 : null,
        retiredAtMs: state === "retired" ? NOW - Math.floor(ageMs * this.#random()) : null,
        refusedAtMs:
          state === "deleting" && this.#chance(0.15) ? NOW - this.#below(2) * 2 * HOUR - 1 : null,
      });
      const asked = { by: "anna", reason: "x", atMs: NOW - Math.floor(this.#random() * DAY) };
      if (state === "retired" && this.#chance(0.12)) made.pinned = asked;
      if (state === "retired" && this.#chance(0.12)) made.revoked = asked;
      if (state === "retired" && this.#chance(0.12))
        made.currentAgainAtMs = NOW - this.#below(5 * DAY);
      return made;
    };
    const states: ImageState[] = ["current"];
    for (let n = 0; n < this.#below(7); n++) states.push("retired");
    for (let n = 0; n < this.#below(3); n++) states.push("deleting");
    if (this.#chance(0.3)) states.push("candidate");
    if (this.#chance(0.2)) states.push("gone");
    let isMissing: boolean = false;
    for (const state of states) {
      const made = entry(state);
      if (state === "current") made.where = where;
      images.push(made);
      const snapshots = this.#chance(0.5) ? 1 + this.#below(2) : 0;
      const ids: string[] = [];
      for (let n = 0; n < snapshots; n++) ids.push(this.#snapshot({}));
      for (const id of ids) {
        if (this.#chance(0.15) && state !== "gone") continue;
        const isGone = state === "gone" && this.#chance(0.8);
        resources.push(
          resource({
            id,
            run: made.run,
            imageId: made.id,
            where: made.where,
            state: isGone ? "deleting" : "kept",
            refusedAtMs: this.#chance(0.1) ? NOW - MINUTE : null,
          }),
        );
      }
      const isAway: boolean = !isMissing && this.#chance(0.08);
      isMissing ||= isAway;
      if (state !== "gone") this.#ownImage(made, name, ids, isAway);
      this.#use(made, ids);
    }
    this.#temporary(name, where, activeRun, resources);
    const record = recipeState({
      recipeName: name,
      activeRun,
      images,
      resources,
      current: images[0]?.id ?? null,
      rules: {
        keep: 1 + this.#below(3),
        coolingOffMs: this.#pick([0, HOUR, DAY]),
        maxDeletes: 1 + this.#below(5),
        ...(this.#chance(0.3) ? { newerThanMs: 3 * DAY } : {}),
      },
    });
    if (this.#chance(0.1)) record.shown = images[1]?.id ?? null;
    if (this.#chance(0.15)) {
      const scope = this.#pick(["everything", "schedule"] as const);
      const untilMs = this.#pick([null, NOW + HOUR, NOW - MINUTE]);
      record.pause = { scope, untilMs, by: "anna", reason: "x", atMs: NOW - HOUR, resumedBy: null };
    }
    return { record, runs: this.#runs(name, where.projectId, activeRun) };
  }

  /** An image of the inventory, with all that may have happened to it. */
  #ownImage(entry: InventoryImage, name: string, snapshots: string[], isAway: boolean): void {
    const { world } = this.#cloud;
    const isDeleting = entry.state === "deleting";
    const tag = this.#chance(0.5) ? `regild-current-${name}` : "regild-retired";
    const image = this.#cloud.operator.addImage({
      id: entry.id,
      name: entry.name,
      status: this.#chance(0.85)
        ? "active"
        : this.#pick(["queued", "saving", "killed", "deactivated"]),
      visibility: this.#visibility(),
      hidden: entry.state !== "current",
      protected: this.#chance(0.1),
      tags: entry.promotedAtMs === null && !this.#chance(isDeleting ? 0.3 : 0) ? [] : [tag],
      sizeBytes: this.#below(5) * 1024 ** 3,
      properties: this.#mapping(snapshots),
    });
    if (this.#chance(0.15)) this.#protect(entry, image);
    this.#share(image);
    if (this.#chance(0.15)) {
      const [, other] = world.zones;
      if (other !== undefined) world.addImage(other, { ...image });
      if (this.#chance(0.5)) world.removeImage(world.firstZone, image.id);
    } else if (isAway) world.removeImage(world.firstZone, image.id);
  }

  /** Regild has protected it, or somebody has after Regild's protection was taken off, or a record lost the note. */
  #protect(entry: InventoryImage, image: Image): void {
    const state = this.#pick(["on", "off", "lifted", null] as const);
    if (state !== null) entry.protection = { atMs: NOW - HOUR, state, why: null };
    image.protected = this.#chance(0.8);
    const mark = `${entry.id}/${new Date(NOW - HOUR).toISOString()}`;
    if (this.#chance(0.7)) image.properties["regild_protected"] = mark;
  }

  #use(entry: InventoryImage, snapshots: string[]): void {
    const { operator, world } = this.#cloud;
    const image = world.firstZone.images.get(entry.id);
    if (image === undefined) return;
    if (this.#chance(0.12)) operator.addServer({ name: "user", image });
    if (this.#chance(0.08)) operator.addVolume({ name: "user", image });
    const [snapshotId] = snapshots;
    if (snapshotId !== undefined && this.#chance(0.12)) this.#volume({ snapshotId });
  }

  /** Snapshots and volumes of captures. */
  #temporary(
    name: string,
    where: BackingResource["where"],
    activeRun: string | null,
    resources: BackingResource[],
  ): void {
    for (let n = 0; n < this.#below(3); n++) {
      const owner = activeRun !== null && this.#chance(0.5) ? activeRun : `${name}-old`;
      const state = this.#chance(0.7) ? "deleting" : "kept";
      const refusedAtMs = this.#chance(0.1) ? NOW - MINUTE : null;
      const made = { run: owner, where, state, refusedAtMs } as const;
      const snapshotId = this.#snapshot({});
      resources.push(resource({ ...made, id: snapshotId }));
      if (this.#chance(0.5)) {
        const id = this.#volume({ snapshotId });
        resources.push(resource({ ...made, kind: "volume", id }));
      }
      if (this.#chance(0.1)) this.#cloud.world.snapshots.delete(snapshotId);
    }
  }

  /** Ended runs and the run at work. Some of them have left something that no record has. */
  #runs(name: string, projectId: string, activeRun: string | null): Run[] {
    const runs: Run[] = [];
    for (let n = 0; n < this.#below(3); n++) {
      const isAtWork = activeRun !== null && n === 0;
      const id = isAtWork ? activeRun : `${name}-2026112${n}-093012-bbbbbb`;
      const attempts = [`${name}-try${n}a`, `${name}-try${n}b`];
      const temporary = `regild-${name}-tmp${n}`;
      for (const attempt of attempts)
        if (this.#chance(0.2)) this.#snapshot({ name: `snapshot for ${attempt}` });
      const [first = "", second = ""] = attempts;
      if (this.#chance(0.15)) this.#orphanImage(name, first);
      const imageId = this.#chance(0.15) ? this.#orphanImage(name, second) : null;
      const volumeId = this.#chance(0.2) ? this.#volume({ name: temporary }) : null;
      const snapshotId = this.#chance(0.2) ? this.#snapshot({ name: temporary }) : null;
      runs.push(
        run({
          id,
          recipeName: name,
          recipe: recipe({ name }),
          source: source({ projectId }),
          creationNames: attempts,
          candidate: this.#chance(0.5)
            ? candidate({ id: this.#answered(imageId), creationName: second })
            : null,
          snapshot: { id: this.#answered(snapshotId), name: temporary },
          volume: { id: this.#answered(volumeId), name: temporary },
          outcome: isAtWork ? null : this.#pick(["failed", "succeeded", "cancelled"]),
        }),
      );
      // Nearly the name of an attempt, and a person's own.
      if (this.#chance(0.1)) this.#snapshot({ name: `snapshot for ${attempts[0]}-2` });
      if (this.#chance(0.1)) this.#snapshot({ name: attempts[0] ?? "" });
    }
    return runs;
  }

  /** What the cloud's answer named. What has its name may be somebody else's all the same. */
  #answered(id: string | null): string {
    return id !== null && this.#chance(0.7) ? id : "another";
  }

  #orphanImage(name: string, attempt: string): string {
    const ids = this.#chance(0.4) ? [this.#snapshot({ name: `snapshot for ${attempt}` })] : [];
    const image = this.#cloud.operator.addImage({
      name: attempt,
      visibility: "private",
      status: this.#pick(["active", "queued", "killed"]),
      protected: this.#chance(0.1),
      hidden: this.#chance(0.3),
      tags: this.#chance(0.2) ? [`regild-current-${name}`] : [],
      properties: this.#mapping(ids),
    });
    if (this.#chance(0.2)) this.#cloud.operator.addServer({ name: "user", image });
    return image.id;
  }

  /** Somebody's image in any project, visibility and service, which may name a snapshot that is not his. */
  #foreignImage(): void {
    const { world, demo } = this.#cloud;
    const all = [...world.snapshots.keys()];
    const named = this.#chance(this.#isLarge ? 0.003 : 0.3) ? [all[this.#below(all.length)]] : [];
    const isOwn = this.#chance(0.4);
    const own = [...world.firstZone.images.keys()];
    const properties = this.#mapping(
      named.filter((id) => id !== undefined),
      true,
    );
    if (this.#chance(this.#isLarge ? 0.0003 : 0.03))
      properties["block_device_mapping"] = "}not JSON";
    // Inherited from the image that a server was booted from: it proves nothing.
    if (this.#chance(0.2))
      properties["regild_owner"] = `home01home02/recipe-0-old/try000/${own[0]}`;
    const image = this.#cloud.operator.addImage({
      name: `other-${(this.#serial += 1)}`,
      projectId: isOwn ? demo.project.id : this.#stranger,
      visibility: this.#visibility(),
      hidden: this.#chance(0.4),
      status: this.#pick(["active", "active", "queued", "saving", "killed", "deactivated"]),
      zone: this.#pick(world.zones).name,
      properties,
    });
    this.#share(image);
  }

  #share(image: Image): void {
    if (image.visibility !== "shared" || image.projectId === this.#cloud.demo.project.id) return;
    if (!this.#chance(0.7)) return;
    const status = this.#pick(["pending", "accepted", "rejected"]);
    const times = { createdAtMs: NOW, updatedAtMs: NOW };
    image.members.set(this.#cloud.demo.project.id, { status, ...times });
  }

  #visibility(): string {
    return this.#pick(["private", "shared", "community", "public"]);
  }

  /** Cinder takes ids in whatever case, so a stranger may write them so. */
  #mapping(ids: readonly string[], isStrange = false): Record<string, string> {
    if (ids.length === 0) return {};
    const entries = ids.map((id, index) => ({
      source_type: "snapshot",
      snapshot_id: isStrange && this.#chance(0.2) ? id.toUpperCase() : id,
      boot_index: index,
    }));
    return { block_device_mapping: JSON.stringify(entries) };
  }

  #snapshot({ name = `snap-${(this.#serial += 1)}` }: { name?: string }): string {
    const { world, demo } = this.#cloud;
    const id = world.newId();
    const usual = this.#chance(0.85) ? "available" : null;
    world.snapshots.set(id, {
      id,
      name,
      description: null,
      projectId: demo.project.id,
      volumeId: world.newId(),
      status:
        usual ?? this.#pick(["creating", "deleting", "error", "error_deleting", "backing-up"]),
      sizeGib: 1 + this.#below(20),
      metadata: {},
      createdAtMs: NOW - this.#below(1000) * 1000,
      updatedAtMs: NOW,
    });
    return id;
  }

  #volume(is: { name?: string; snapshotId?: string }): string {
    const { world, demo } = this.#cloud;
    const id = world.newId();
    const isAttached = this.#chance(0.2);
    const usual = this.#chance(0.85) ? "available" : null;
    world.volumes.set(id, {
      id,
      name: is.name ?? `vol-${(this.#serial += 1)}`,
      projectId: demo.project.id,
      userId: demo.user.id,
      status: isAttached
        ? "in-use"
        : (usual ?? this.#pick(["creating", "deleting", "error", "error_deleting", "uploading"])),
      sizeGib: 1 + this.#below(20),
      bootable: false,
      attachments: isAttached
        ? [{ id: world.newId(), serverId: world.newId(), device: "/dev/vdb", atMs: NOW }]
        : [],
      metadata: {},
      imageMetadata: {},
      snapshotId: is.snapshotId ?? null,
      createdAtMs: NOW - this.#below(1000) * 1000,
      updatedAtMs: NOW,
    });
    return id;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(from: readonly [T, ...T[]] | readonly T[]): T {
    const picked = from[this.#below(from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }
}
