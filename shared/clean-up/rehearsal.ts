import type { Image } from "../cloud-ports.ts";
import { GONE_AFTER_MS } from "../image/absence.ts";
import type { Copies } from "../image/copies.ts";
import { noteResourceMissing, resourceGone } from "../image/backing-resources.ts";
import {
  imageOf,
  markForDeletion,
  markGone,
  noteDeleted,
  noteMissing,
} from "../image/inventory.ts";
import type { BackingResource, RecipeState } from "../image/recipe-state.ts";
import { noteSnapshots } from "../image/removal.ts";
import {
  type Place,
  planRemoval,
  type RemovalOp,
  type RemovalSeen,
} from "../image/removal-plan.ts";
import { deletingResources, type PartOp, planResources } from "../image/resource-removal.ts";
import type { ResourcesSeen, SeenResource } from "../image/resources-seen.ts";

/** A recipe's record, and everything that a clean-up of its things has to see. */
export interface RecipeSeen {
  recipeState: RecipeState;
  removal: RemovalSeen;
  resources: ResourcesSeen;
  /** Snapshots that its images name and its record does not have. */
  named: Array<{ id: string; imageId: string }>;
}

export interface Fate {
  fate: "keep" | "delete";
  why: string;
}

/** By id: what happens to the images and resources that the clean-up looks at. Others stay, and are not named here. */
export type Fates = ReadonlyMap<string, Fate>;

/** A clean-up takes five rounds or so: mark, delete, gone, then the same for volumes, then for snapshots. */
const MAX_ROUNDS = 100;

/**
 * The whole clean-up of a recipe in memory: asks the rules of the steps what is next, takes the cloud to have done that,
 * and asks again until nothing is left to do. Things of the run at work are left to it.
 */
export function rehearse(seen: RecipeSeen, here: Place, nowMs: number): Fates {
  const stage = new Stage(seen);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const isDone = [stage.images(here, nowMs), stage.resources(here, nowMs)].every(
      (quiet) => quiet,
    );
    if (isDone) return stage.fates;
  }
  throw new Error(`the clean-up of ${seen.recipeState.recipeName} comes to no end`);
}

class Stage {
  readonly fates = new Map<string, Fate>();
  #state: RecipeState;
  readonly #seen: RecipeSeen;
  readonly #images: Map<string, Image | null>;
  readonly #copies: Map<string, Copies>;
  readonly #resources: Map<string, SeenResource | null>;

  constructor(seen: RecipeSeen) {
    this.#seen = seen;
    this.#state = seen.recipeState;
    this.#images = new Map(seen.removal.images);
    this.#copies = new Map(seen.removal.copies);
    this.#resources = new Map(seen.resources.resources);
  }

  /** @returns true if nothing is left to do. */
  images(here: Place, nowMs: number): boolean {
    const plan = planRemoval(
      this.#state,
      { ...this.#seen.removal, images: this.#images, copies: this.#copies },
      here,
      nowMs,
    );
    for (const { id, why } of plan.kept) this.#stays(id, why);
    const ops = plan.ops.filter(({ id }) => !this.#isAtWork(imageOf(this.#state, id)));
    for (const op of ops) this.#imageOp(op, nowMs);
    const pending = plan.pending.filter((id) => this.#comesToPass(id, nowMs));
    return ops.length + pending.length === 0;
  }

  resources(here: Place, nowMs: number): boolean {
    const { volumes, namedBy } = this.#seen.resources;
    const seen = {
      ...this.#seen.resources,
      resources: this.#resources,
      volumes: volumes.filter(({ id }) => !this.#goes(id)),
      namedBy: new Map(
        [...namedBy].map(([id, images]) => [id, images.filter((image) => !this.#goes(image))]),
      ),
    };
    const deleting = deletingResources(this.#state, here, nowMs).filter((p) => !this.#isAtWork(p));
    const plan = planResources(deleting, seen, nowMs);
    for (const { id, why } of plan.kept) this.#stays(id, why);
    for (const op of plan.ops) this.#resourceOp(op, nowMs);
    for (const id of plan.pending) if (!this.fates.has(id)) this.#stays(id, "it is busy");
    if (plan.ops.length > 0) return false;
    // A snapshot is judged again once the volume that was made from it is gone.
    const isSnapshot = (id: string) => deleting.some((p) => p.id === id && p.kind === "snapshot");
    const isOrigin = (id: string) => seen.volumes.some(({ snapshotId }) => snapshotId === id);
    const ending = plan.pending.filter((id) => this.#isBeingDeleted(id) && !isOrigin(id));
    const first = ending.filter((id) => !isSnapshot(id));
    for (const id of first.length > 0 ? first : ending)
      this.#resourceGoes(id, "it is being deleted already");
    return ending.length === 0;
  }

  #imageOp(op: RemovalOp, nowMs: number): void {
    const { id } = op;
    switch (op.kind) {
      case "mark-for-deletion":
        this.#change(markForDeletion(this.#state, id, op.reason, nowMs));
        break;
      case "note-snapshots":
        this.#change(noteSnapshots(this.#state, id, op.snapshotIds, nowMs));
        break;
      case "note-backup":
        // Nothing of it was seen.
        break;
      case "note-missing":
        this.#change(noteMissing(this.#state, id, nowMs - GONE_AFTER_MS));
        break;
      case "note-seen":
        this.#change(noteMissing(this.#state, id, null));
        break;
      case "take-protection-off":
        this.#unprotected(id);
        break;
      case "delete":
        this.#imageGoes(id, imageOf(this.#state, id)?.reason ?? "marked for deletion", nowMs);
        break;
      case "gone":
        this.#change(markGone(this.#state, id, nowMs));
        break;
    }
  }

  #unprotected(id: string): void {
    const image = this.#images.get(id);
    if (image != null) this.#images.set(id, { ...image, protected: false });
    const copies = this.#copies.get(id);
    if (copies === undefined) return;
    const images = copies.images.map((copy) => ({ ...copy, protected: false }));
    this.#copies.set(id, { ...copies, images });
  }

  #resourceOp(op: PartOp, nowMs: number): void {
    const { kind, id, imageId, run } = op.resource;
    if (op.kind === "gone") this.#change(resourceGone(this.#state, kind, id));
    else if (op.kind === "failed") this.#fails(op.resource, op.why);
    else if (op.kind === "note-missing")
      this.#change(noteResourceMissing(this.#state, id, nowMs - GONE_AFTER_MS));
    else if (op.kind === "note-seen") this.#change(noteResourceMissing(this.#state, id, null));
    else this.#resourceGoes(id, imageId === null ? `left by run ${run}` : this.#ofImage(imageId));
  }

  /** True if what the cloud has begun will happen: a delete under way, or the second 404 that proves an image gone. */
  #comesToPass(id: string, nowMs: number): boolean {
    const image = this.#images.get(id);
    if (image != null) {
      this.#imageGoes(id, "it is being deleted already", nowMs);
      return true;
    }
    const entry = imageOf(this.#state, id);
    const isProven = (entry?.missingSinceMs ?? null) === nowMs - GONE_AFTER_MS;
    if (entry?.missingSinceMs == null || isProven) return false;
    this.#change(noteMissing(this.#state, id, nowMs - GONE_AFTER_MS));
    return true;
  }

  #imageGoes(id: string, why: string, nowMs: number): void {
    this.fates.set(id, { fate: "delete", why });
    this.#images.set(id, null);
    this.#copies.delete(id);
    this.#change(noteDeleted(this.#state, id, nowMs));
  }

  #resourceGoes(id: string, why: string): void {
    this.fates.set(id, { fate: "delete", why });
    this.#resources.set(id, null);
  }

  #fails({ id }: BackingResource, why: string): void {
    this.#stays(id, why);
    this.#resources.delete(id);
  }

  #ofImage(id: string): string {
    return `its image ${id} ${this.#goes(id) ? "goes" : "is gone"}`;
  }

  #isBeingDeleted(id: string): boolean {
    return this.#resources.get(id)?.status.toLowerCase().startsWith("deleting") === true;
  }

  #goes(id: string): boolean {
    return this.fates.get(id)?.fate === "delete";
  }

  #stays(id: string, why: string): void {
    if (!this.#goes(id)) this.fates.set(id, { fate: "keep", why });
  }

  #isAtWork(thing: { run: string } | undefined): boolean {
    return this.#state.activeRun !== null && thing?.run === this.#state.activeRun;
  }

  #change(state: RecipeState | null): void {
    this.#state = state ?? this.#state;
  }
}
