import type { World } from "../../../local/simulated-cloud/world.ts";

export type ThingKind = "image" | "snapshot" | "volume" | "server" | "backup";

/** A create that was announced, or sent. What is born under its name is ours, whatever the program thinks of it. */
export interface Attempt {
  name: string;
  /** Null: no run had announced it. */
  run: string | null;
  recipeName: string;
  attempt: number;
  /** The id that its image was to have. */
  imageId: string | null;
  /** The cloud was known to keep that id. */
  isRepeatable: boolean;
}

export interface Thing {
  kind: ThingKind;
  id: string;
  name: string;
  bornAtMs: number;
  /** Null: a stranger's. */
  by: Attempt | null;
  diedAtMs: number | null;
  /** We have asked for its death. */
  markedByUs: boolean;
  /** Made to use an id up, not to be an image. */
  isFence: boolean;
}

/** Test servers are named so, and the journal names the volumes that Nova makes for one after it. */
export const TEST = "regild-test-";

/** Nova's snapshots of a server's volumes bear the image's name after this. */
export const SNAPSHOT_FOR = "snapshot for ";

/** The journal names the backup of a full-server image so. CBR shows another name. */
const BACKUP_FOR = "backup for ";

/** The name of the attempt that has made it, also of a part of its image. */
export function attemptName(name: string): string {
  const part = [SNAPSHOT_FOR, BACKUP_FOR].find((prefix) => name.startsWith(prefix)) ?? "";
  return name.slice(part.length);
}

/** What was born in the cloud and what died, and at whose wish: from its journal and the requests that went to it. */
export class Things {
  readonly byId = new Map<string, Thing>();
  private readonly attempts = new Map<string, Attempt>();
  private read = 0;

  announced(one: Attempt): void {
    if (!this.attempts.has(one.name)) this.attempts.set(one.name, one);
  }

  tryOfImage(imageId: string): Attempt | null {
    return [...this.attempts.values()].find((one) => one.imageId === imageId) ?? null;
  }

  /** What is born under this name next uses the id up. */
  fencing(imageId: string, name: string): void {
    const by = this.tryOfImage(imageId);
    if (by === null) return;
    this.announced({ ...by, name, imageId: null });
    this.fences.add(name);
  }
  private readonly fences = new Set<string>();

  attemptNamed(name: string): Attempt | null {
    return this.attempts.get(name) ?? null;
  }

  goes(id: string): void {
    const thing = this.byId.get(id);
    if (thing !== undefined) thing.markedByUs = true;
  }

  /** What has happened since the last time. Images of other zones are copies, and not told apart. */
  news({ journal, firstZone }: World): { born: Thing[]; died: Thing[] } {
    const born: Thing[] = [];
    const died: Thing[] = [];
    for (; this.read < journal.length; this.read++) {
      const entry = journal[this.read];
      if (entry === undefined) continue;
      if (entry.resource === "image" && entry.zone !== firstZone.name) continue;
      const { id, name, atMs, resource } = entry;
      if (entry.event === "created") {
        const by = this.attemptOf(name);
        const thing: Thing = {
          kind: resource,
          id,
          name,
          bornAtMs: atMs,
          by,
          diedAtMs: null,
          markedByUs: false,
          isFence: this.fences.has(name),
        };
        this.byId.set(id, thing);
        born.push(thing);
      } else {
        const thing = this.byId.get(id);
        if (thing === undefined) continue;
        thing.diedAtMs = atMs;
        died.push(thing);
      }
    }
    return { born, died };
  }

  /** What there is of ours. */
  ours(): Thing[] {
    return [...this.byId.values()].filter((t) => t.by !== null && t.diedAtMs === null);
  }

  private attemptOf(name: string): Attempt | null {
    return this.attempts.get(attemptName(name)) ?? null;
  }
}
