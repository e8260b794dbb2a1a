import type { Arriving } from "./glance/content.ts";
import type { ImportTask } from "./glance/import-task.ts";
import { IdentityStore } from "./identity-store.ts";
import type { ExportedFile } from "./ims/export-image.ts";
import type { ImsJob } from "./ims/jobs.ts";
import type {
  Backup,
  Flavor,
  Image,
  Message,
  Network,
  Server,
  Snapshot,
  Vault,
  Volume,
  Zone,
} from "./resources.ts";
import type { Settings } from "./settings.ts";

/** Something came into being or ceased to be; for those who check what happened. */
export interface JournalEntry {
  atMs: number;
  event: "created" | "deleted";
  resource: "server" | "volume" | "snapshot" | "image" | "backup";
  id: string;
  name: string;
  zone: string | null;
}

/** Everything the cloud holds, and what is going to happen to it. */
export class World {
  readonly settings: Settings;
  /** What the URLs of catalog and links begin with. */
  baseUrl: string;
  readonly newId: () => string;
  readonly identity: IdentityStore;
  readonly servers = new Map<string, Server>();
  readonly volumes = new Map<string, Volume>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly messages: Message[] = [];
  readonly importTasks: ImportTask[] = [];
  /** By zone and image id. */
  readonly arriving = new Map<string, Arriving>();
  readonly imsJobs = new Map<string, ImsJob>();
  /** Ids of KMS. */
  readonly keys = new Set<string>();
  /** Of IAM, by name: with each, IMS may work in the other zones. */
  readonly agencies = new Set(["ims_copy_image"]);
  /** Of OBS, with their files by name. */
  readonly buckets = new Map<string, Map<string, ExportedFile>>();
  readonly vaults = new Map<string, Vault>();
  readonly backups = new Map<string, Backup>();
  readonly networks: Network[] = [
    { id: "6f1c9a3e-0c2b-4b7e-9d53-2a8e4f7b1c60", name: "sim-net", createdAtMs: 0 },
  ];
  readonly flavors: Flavor[] = [
    { id: "1", name: "sim.tiny", ramMib: 64, diskGib: 1 },
    { id: "2", name: "sim.small", ramMib: 128, diskGib: 2 },
  ];
  /** The first is the one that Nova and Cinder use. */
  readonly zones: readonly Zone[];
  readonly journal: JournalEntry[] = [];
  /** The moment being played: never after the clock, and at the due time while a transition happens. */
  nowMs: number;
  #due: Array<{ atMs: number; happen: () => void }> = [];

  constructor(is: {
    settings: Settings;
    baseUrl: string;
    zoneNames: string[];
    nowMs: number;
    newId: () => string;
  }) {
    this.settings = is.settings;
    this.baseUrl = is.baseUrl;
    this.nowMs = is.nowMs;
    this.newId = is.newId;
    this.identity = new IdentityStore(is.newId);
    this.zones = is.zoneNames.map((name) => ({ name, images: new Map(), deleted: new Map() }));
  }

  get firstZone(): Zone {
    const zone = this.zones[0];
    if (zone === undefined) throw new Error("a simulated cloud needs at least one zone");
    return zone;
  }

  newRequestId(): string {
    return `req-${this.newId()}`;
  }

  /** Happens once the clock has passed; of two at one time the one arranged first. */
  after(seconds: number, happen: () => void): void {
    const atMs = this.nowMs + seconds * 1000;
    let place = this.#due.length;
    while (place > 0 && (this.#due[place - 1]?.atMs ?? 0) > atMs) place -= 1;
    this.#due.splice(place, 0, { atMs, happen });
  }

  /** When the next transition is due; null: nothing is going to happen by itself. */
  get nextDueAtMs(): number | null {
    return this.#due[0]?.atMs ?? null;
  }

  /** Lets everything happen that is due by then, each at its own time. */
  advanceTo(nowMs: number): void {
    let next = this.#due[0];
    while (next !== undefined && next.atMs <= nowMs) {
      this.#due.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.happen();
      next = this.#due[0];
    }
    this.nowMs = Math.max(this.nowMs, nowMs);
  }

  addImage(zone: Zone, image: Image): void {
    zone.images.set(image.id, image);
    this.note("created", "image", image.id, image.name ?? "", zone.name);
  }

  /** Its snapshots stay, as Glance knows nothing of them. */
  removeImage(zone: Zone, id: string): void {
    const image = zone.images.get(id);
    if (image === undefined) return;
    zone.images.delete(id);
    zone.deleted.set(id, { image, atMs: this.nowMs });
    this.note("deleted", "image", id, image.name ?? "", zone.name);
  }

  note(
    event: JournalEntry["event"],
    resource: JournalEntry["resource"],
    id: string,
    name: string,
    zone: string | null = null,
  ): void {
    this.journal.push({ atMs: this.nowMs, event, resource, id, name, zone });
  }
}
