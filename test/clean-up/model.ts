import type { Image, Snapshot, Volume } from "../../local/simulated-cloud/resources.ts";
import type { InventoryImage, RecipeState } from "../../shared/image/recipe-state.ts";
import { NOW } from "../unit/builders.ts";
import type { RandomCloud } from "./random-cloud.ts";

/**
 * What docs/deleting.md says of every image and snapshot, written down anew: it reads the cloud's own tables, has no rule of
 * the product, and looks at everything as often as it likes.
 */
export function expected(random: RandomCloud): Map<string, string> {
  const fates = new Map<string, string>();
  for (const record of random.records) {
    const model = new RecipeModel(random, record);
    for (const [thing, fate] of model.fates()) fates.set(thing, fate);
  }
  const { world } = random.cloud;
  const own = world.zones.flatMap((zone) => [...zone.images.values()]);
  for (const { id, projectId } of own)
    if (projectId === random.projectId && !fates.has(`image ${id}`))
      fates.set(`image ${id}`, "report");
  for (const { id } of world.snapshots.values())
    if (!fates.has(`snapshot ${id}`)) fates.set(`snapshot ${id}`, "report");
  return fates;
}

const HOUR = 3_600_000;

interface Resource {
  kind: string;
  id: string;
  /** Null: of a capture, or left by a create. */
  imageId: string | null;
  isMarked: boolean;
  isOfActiveRun: boolean;
  refusedAtMs: number | null;
}

class RecipeModel {
  readonly random: RandomCloud;
  readonly record: RecipeState;
  readonly going = new Set<string>();
  /** Images that are not in the cloud, and are known to be gone once the clean-up has asked twice. */
  readonly gone = new Set<string>();

  constructor(random: RandomCloud, record: RecipeState) {
    this.random = random;
    this.record = record;
  }

  fates(): Map<string, string> {
    const { images } = this.record;
    for (const image of images) if (image.state === "gone") this.gone.add(image.id);
    this.retire();
    const orphanImages = this.orphans("image");
    for (const image of images)
      if (
        image.state === "deleting" ||
        (image.state === "candidate" && this.record.activeRun === null)
      )
        this.deleteMarked(image.id, image.promotedAtMs, image.refusedAtMs, image.run);
    for (const id of orphanImages) this.deleteMarked(id, null, null, "");
    const fates = new Map<string, string>();
    for (const id of [
      ...images.filter((i) => i.state !== "gone").map((i) => i.id),
      ...orphanImages,
    ])
      if (this.anywhere(id) !== undefined)
        fates.set(`image ${id}`, this.going.has(id) ? "delete" : "keep");
    this.deleteResources(fates);
    return fates;
  }

  /** Rule 4, and the rules of docs/keeping.md and docs/pause.md. */
  retire(): void {
    const { record } = this;
    const { rules, images, current } = record;
    if (rules === null || this.isPaused() || record.shown !== current) return;
    const currentImage = images.find((i) => i.id === current);
    const retired = images
      .filter((i) => i.state === "retired" && i.pinned === null)
      .filter((i) =>
        currentImage === undefined
          ? i.revoked !== null
          : i.where.sourceId === currentImage.where.sourceId,
      );
    const since = (i: InventoryImage) => Math.max(i.promotedAtMs ?? 0, i.currentAgainAtMs ?? 0);
    retired.sort((a, b) => since(b) - since(a));
    const good = retired.filter((i) => i.revoked === null);
    const kept = good.slice(0, rules.keep - 1);
    let active = [
      ...good,
      ...images.filter((i) => i.pinned !== null || i.state === "current"),
    ].filter(
      (i) =>
        (i.state === "retired" || i.state === "current") &&
        i.revoked === null &&
        i.where.sourceId === currentImage?.where.sourceId &&
        this.inFirst(i.id)?.status === "active",
    ).length;
    const goers: InventoryImage[] = [];
    const missing: InventoryImage[] = [];
    // Oldest first, so that the newest stay; revoked ones last.
    for (const image of [
      ...good.toReversed(),
      ...retired.filter((i) => i.revoked !== null).toReversed(),
    ]) {
      if (kept.includes(image) || this.isCooling(image) || this.isUsed(image)) continue;
      const there = this.inFirst(image.id);
      if (there === undefined) {
        missing.push(image);
        continue;
      }
      if (this.isHeld(there)) continue;
      if (image.revoked === null && there.status === "active") {
        if (active <= rules.keep) continue;
        active -= 1;
      }
      goers.push(image);
    }
    if (goers.length > rules.maxDeletes) return;
    for (const { id, run } of goers) if (run !== record.activeRun) this.going.add(id);
    // Known to be gone later than the others are marked, and then counted by themselves.
    if (missing.length > rules.maxDeletes) return;
    for (const { id, promotedAtMs, run } of missing) this.deleteMarked(id, promotedAtMs, null, run);
  }

  /** Protected, and not by Regild: its record has the note, nobody else had the last word, and the image has the mark. */
  isHeld(image: Image): boolean {
    if (!image.protected) return false;
    const note = this.record.images.find(({ id }) => id === image.id)?.protection ?? null;
    if (note === null || note.state === "lifted") return true;
    const at = new Date(note.atMs).toISOString();
    return image.properties["regild_protected"] !== `${image.id}/${at}`;
  }

  isCooling(image: InventoryImage): boolean {
    const { rules } = this.record;
    if (rules === null) return true;
    const leftAtMs = Math.max(image.retiredAtMs ?? 0, image.revoked?.atMs ?? 0);
    if (leftAtMs + rules.coolingOffMs > NOW) return true;
    return image.revoked === null && image.candidateAtMs + (rules.newerThanMs ?? 0) > NOW;
  }

  isUsed({ id }: Pick<InventoryImage, "id">): boolean {
    const { world } = this.random.cloud;
    for (const server of world.servers.values()) if (server.imageId === id) return true;
    const snapshots = this.record.resources.filter((r) => r.imageId === id).map((r) => r.id);
    for (const volume of world.volumes.values()) {
      if (volume.imageMetadata["image_id"] === id) return true;
      if (volume.snapshotId !== null && snapshots.includes(volume.snapshotId)) return true;
    }
    return false;
  }

  /** Rule 2 and 5: marked is what goes, unless the cloud shows that it must not. */
  deleteMarked(
    id: string,
    promotedAtMs: number | null,
    refusedAtMs: number | null,
    run: string,
  ): void {
    if (this.record.activeRun !== null && run === this.record.activeRun) return;
    const image = this.anywhere(id);
    if (image === undefined) return void this.gone.add(id);
    if (this.isPaused() && promotedAtMs !== null) return;
    if (this.isHeld(image)) return;
    const shows = [`regild-current-${this.record.recipeName}`, "regild-retired", "regild-pinned"];
    if (promotedAtMs === null && image.tags.some((tag) => shows.includes(tag))) return;
    if (refusedAtMs !== null && NOW < refusedAtMs + HOUR) return;
    this.going.add(id);
  }

  /** Rule 3. Volumes first: a snapshot may go together with the volume that was made from it. */
  deleteResources(fates: Map<string, string>): void {
    const { world } = this.random.cloud;
    const all = this.resources();
    for (const resource of all.filter((one) => one.kind === "volume")) {
      const volume = world.volumes.get(resource.id);
      if (volume === undefined) continue;
      const goes = this.isLeft(resource) && volume.attachments.length === 0 && this.isIdle(volume);
      fates.set(`volume ${resource.id}`, goes ? "delete" : "keep");
    }
    for (const resource of all.filter((one) => one.kind === "snapshot")) {
      const snapshot = world.snapshots.get(resource.id);
      if (snapshot === undefined) continue;
      const isNeeded =
        this.isNamed(resource.id) ||
        this.hasVolume(resource.id, fates) ||
        this.isSomethingUnreadable();
      const goes = this.isLeft(resource) && !isNeeded && this.isIdle(snapshot);
      fates.set(`snapshot ${resource.id}`, goes ? "delete" : "keep");
    }
  }

  resources(): Resource[] {
    const { record } = this;
    const known: Resource[] = record.resources
      .filter((r) => r.state !== "gone")
      .map(({ kind, id, imageId, state, run, refusedAtMs }) => ({
        kind,
        id,
        imageId,
        isMarked: state === "deleting",
        isOfActiveRun: run === record.activeRun,
        refusedAtMs,
      }));
    const has = (id: string) => known.some((one) => one.id === id);
    const left = { isMarked: true, isOfActiveRun: false, refusedAtMs: null };
    for (const kind of ["snapshot", "volume"] as const)
      for (const id of this.orphans(kind))
        if (!has(id)) known.push({ ...left, kind, id, imageId: null });
    // The record does not name them, and the image does.
    for (const { id: imageId } of this.record.images.filter((i) => i.state !== "gone"))
      for (const id of snapshotsIn(this.anywhere(imageId)))
        if (!has(id)) known.push({ ...left, kind: "snapshot", id, imageId, isMarked: false });
    return known;
  }

  isLeft({ imageId, isMarked, isOfActiveRun, refusedAtMs }: Resource): boolean {
    const { record } = this;
    if (isOfActiveRun && record.activeRun !== null) return false;
    if (refusedAtMs !== null && NOW < refusedAtMs + HOUR) return false;
    const image = record.images.find((i) => i.id === imageId);
    if (this.isPaused() && (image?.promotedAtMs ?? null) !== null) return false;
    if (isMarked) return true;
    if (imageId === null) return record.activeRun === null;
    if (image?.state === "gone") return record.activeRun === null;
    return this.going.has(imageId) || this.gone.has(imageId);
  }

  isIdle({ status }: Snapshot | Volume): boolean {
    return status === "available" || status.startsWith("error") || status === "deleting";
  }

  hasVolume(id: string, fates: Map<string, string>): boolean {
    return [...this.random.cloud.world.volumes.values()].some(
      (volume) => volume.snapshotId === id && fates.get(`volume ${volume.id}`) !== "delete",
    );
  }

  isNamed(id: string): boolean {
    return this.visible().some(
      (image) => !this.going.has(image.id) && snapshotsIn(image).includes(id),
    );
  }

  isSomethingUnreadable(): boolean {
    return this.visible().some((image) => snapshotsOrNull(image) === null);
  }

  /** Every image of every service that the project can see. */
  visible(): Image[] {
    const me = this.random.projectId;
    return this.random.cloud.world.zones
      .flatMap((zone) => [...zone.images.values()])
      .filter(
        (image) =>
          image.projectId === me ||
          image.visibility === "public" ||
          image.visibility === "community" ||
          (image.visibility === "shared" && image.members.has(me)),
      );
  }

  /**
   * Ids of what an ended run's create has left, by the name that the create had. Where the cloud has answered, only what
   * it named then. An image that is used stays.
   */
  orphans(kind: "image" | "snapshot" | "volume"): string[] {
    const { cloud, records, runs, projectId } = this.random;
    const names = new Map<string, string | null>();
    for (const run of runs) {
      if (run.recipeName !== this.record.recipeName || run.outcome === null) continue;
      for (const name of run.creationNames) {
        if (kind === "image") names.set(name, null);
        if (kind === "snapshot") names.set(`snapshot for ${name}`, null);
      }
      const { candidate, snapshot, volume } = run;
      if (kind === "image" && candidate !== null) names.set(candidate.creationName, candidate.id);
      if (kind === "snapshot" && snapshot !== null) names.set(snapshot.name, snapshot.id);
      if (kind === "volume" && volume !== null) names.set(volume.name, volume.id);
    }
    const things: Array<{ id: string; name: string | null }> = {
      image: cloud.world.zones
        .flatMap((z) => [...z.images.values()])
        .filter((i) => i.projectId === projectId),
      snapshot: [...cloud.world.snapshots.values()],
      volume: [...cloud.world.volumes.values()],
    }[kind];
    const isKnown = (id: string) =>
      records.some((r) => [...r.images, ...r.resources].some((one) => one.id === id));
    const isOwn = (id: string, name: string) =>
      names.has(name) && (names.get(name) ?? id) === id && !isKnown(id);
    return things
      .filter(({ id, name }) => isOwn(id, name ?? ""))
      .filter(({ id }) => kind !== "image" || !this.isUsed({ id }))
      .map(({ id }) => id);
  }

  inFirst(id: string): Image | undefined {
    return this.random.cloud.world.firstZone.images.get(id);
  }

  anywhere(id: string): Image | undefined {
    for (const zone of this.random.cloud.world.zones) {
      const image = zone.images.get(id);
      if (image !== undefined) return image;
    }
    return undefined;
  }

  isPaused(): boolean {
    const { pause } = this.record;
    return pause?.scope === "everything" && (pause.untilMs === null || NOW < pause.untilMs);
  }
}

function snapshotsIn(image: Image | undefined): string[] {
  return (image === undefined ? null : snapshotsOrNull(image)) ?? [];
}

/** Null: what the image names cannot be read. Ids are compared as Cinder does, whatever their case. */
function snapshotsOrNull(image: Image): string[] | null {
  const text = image.properties["block_device_mapping"];
  if (text === undefined) return [];
  try {
    const entries: Array<{ snapshot_id: string }> = JSON.parse(text);
    return entries.map((entry) => entry.snapshot_id.toLowerCase());
  } catch {
    return null;
  }
}
