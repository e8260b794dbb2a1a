import * as z from "zod/mini";
import { NOT_SHARED, sharingSchema } from "./sharing.ts";
import { notificationsSchema } from "./told-targets.ts";

/** What Cinder can upload a volume as; an encrypted volume only as `raw` (block-storage api-ref, os-volume_upload_image). */
export const DISK_FORMATS = ["raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx", "ploop"] as const;

export const VISIBILITIES = ["private", "shared", "community", "public"] as const;

/**
 * How the image is taken.
 * Of a server: `server` by Nova's createImage (a volume-backed one: snapshots of all its volumes),
 * `system_disk`, `data_disks` (an image of each data disk) and `full_server` (one image with all disks) by a job of IMS
 * (Huawei Cloud, Open Telekom Cloud),
 * `root_volume` by snapshot, temporary volume and upload.
 * Of a volume: `volume` by upload, `snapshot` by snapshot, temporary volume and upload,
 * `data_disk` and `system_from_data_disk` by a job of IMS.
 */
export const CAPTURES = [
  "server",
  "system_disk",
  "data_disks",
  "full_server",
  "root_volume",
  "volume",
  "snapshot",
  "data_disk",
  "system_from_data_disk",
] as const;

/** True if a job of IMS makes the image. */
export function isByIms({ capture }: { capture: Capture }): boolean {
  return [
    "system_disk",
    "data_disks",
    "full_server",
    "data_disk",
    "system_from_data_disk",
  ].includes(capture);
}

/** True if the cloud makes the image itself, in a format that it chooses. */
export function isMadeByCloud({ capture }: { capture: Capture }): boolean {
  return capture === "server" || isByIms({ capture });
}

/** True if the volume itself, or each data disk, is read for as long as the image is made, and no snapshot of it. */
export function readsVolume({ capture }: { capture: Capture }): boolean {
  return ["volume", "data_disk", "data_disks", "system_from_data_disk"].includes(capture);
}

/** `join`: runs with the same inputs join, others are queued. */
export const IF_RUNNING = ["join", "queue", "skip"] as const;

/**
 * Of the file that an image is exported to. `zvhd2` is what the fast export of IMS makes, the others are asked for by
 * their names. Source: Image Management Service API reference, "Exporting an Image".
 */
export const EXPORT_FORMATS = ["qcow2", "vhd", "zvhd", "vmdk", "zvhd2"] as const;

/** What becomes of the server that a start names, once its image is current. */
export const AFTER_PROMOTE = ["delete_server", "stop_server"] as const;

const durationMs = z.int().check(z.nonnegative());

/** `approve`: a person decides whether the image becomes current. */
export const PROMOTIONS = ["auto", "approve"] as const;

export const INPUT_TYPES = ["string", "uuid", "integer"] as const;

const allowSource = z.strictObject({
  /** Of the whole name; `*` stands for any characters. Null: any name. */
  name: z.nullable(z.string()),
  metadata: z.record(z.string(), z.string()),
});

const input = z.strictObject({
  /** JMESPath into a webhook's payload; null: no payload says it. */
  from: z.nullable(z.string()),
  type: z.enum(INPUT_TYPES),
  /** A regular expression; null: any text. */
  pattern: z.nullable(z.string()),
  /** Null: whoever starts the run has to say it. */
  default: z.nullable(z.string()),
  /** Null until a run starts. */
  value: z.nullable(z.string()),
});
export type Input = z.infer<typeof input>;

/** A place that an image has to be usable in, by its image service. */
export const zoneSchema = z.strictObject({
  name: z.string(),
  /** A region of the cloud, or of the entry `cloud`. */
  region: z.nullable(z.string()),
  /** A URL that the catalog has. */
  endpoint: z.nullable(z.string()),
  /** Another entry of clouds.yaml. */
  cloud: z.nullable(z.string()),
  /** True if Regild has the image copied there. Zones of earlier versions have no such copies. */
  distribute: z._default(z.boolean(), false),
  /** True if no image service can do that, or the recipe says so: Regild itself carries the content. */
  streamed: z._default(z.boolean(), false),
  /** A store of the image service that makes the image. */
  store: z._default(z.nullable(z.string()), null),
  /** The agency by which IMS copies the image there. Absent: IMS does not. */
  agencyName: z.optional(z.string()),
});
export type Zone = z.infer<typeof zoneSchema>;

/** A server that shows whether the image boots, before it becomes current. */
const testBoot = z.strictObject({
  /** Id or exact name. */
  flavor: z.string(),
  /** Ids or exact names. Empty: no network. */
  networks: z.array(z.string()),
  /** Ids or names. Empty: the project's `default`. */
  securityGroups: z._default(z.array(z.string()), []),
  /** One server in each. Empty: one, where the cloud puts it. */
  availabilityZones: z.array(z.string()),
  keyName: z.nullable(z.string()),
  userData: z.nullable(z.string()),
  /** Null: it boots from the flavor's disk. */
  volumeGib: z.nullable(z.int().check(z.positive())),
  /** Of each server, from its create. */
  timeoutMs: durationMs,
  /** Regular expressions, for each line of the console. Null: none. */
  expect: z.nullable(z.string()),
  reject: z.nullable(z.string()),
  /** What the server has to answer over its network. Null: nothing. */
  probe: z._default(
    z.nullable(
      z.strictObject({
        port: z.int(),
        /** Of an HTTP request. Null: a TCP connection is enough. */
        path: z.nullable(z.string()),
      }),
    ),
    null,
  ),
});
export type TestBoot = z.infer<typeof testBoot>;

/** A recipe with every default filled in: what a run carries, so that later edits do not change it. */
export const recipeSchema = z.strictObject({
  name: z.string(),
  /** An entry of clouds.yaml. */
  cloud: z.string(),
  /** Null: the one that clouds.yaml says. */
  region: z.nullable(z.string()),
  /** Until a run starts, `idOrName` may hold inputs. */
  source: z.strictObject({ kind: z.enum(["server", "volume"]), idOrName: z.string() }),
  /** Which sources a sender may name. Null: the recipe names its source itself. */
  allowSource: z._default(z.nullable(allowSource), null),
  capture: z.enum(CAPTURES),
  /** The vault of CBR for the backups of full-server images. Null: it makes none. */
  vaultId: z._default(z.nullable(z.string()), null),
  /** Empty: started by people only. Five cron fields; IANA zone. */
  schedule: z.array(z.strictObject({ cron: z.string(), timezone: z.string() })),
  /** Null: started by no sender; so are recipes of a time before there were any. */
  webhook: z._default(
    z.nullable(
      z.strictObject({
        /** Of regild.yml. */
        sender: z.string(),
        event: z.string(),
        /** JMESPath, asked of the payload; null: every payload will do. */
        when: z.nullable(z.string()),
        /** From one start by a webhook to the next; 0: none. */
        minGapMs: z._default(durationMs, 0),
      }),
    ),
    null,
  ),
  /** What a run is told when it starts, by name. Recipes of earlier versions have none. */
  inputs: z._default(z.record(z.string(), input), {}),
  prepare: z.strictObject({
    /** The image is taken while the server, or each server that has the volume, is stopped. */
    stopServer: z.boolean(),
    stopTimeoutMs: durationMs,
    /** The guest powers itself off within this time, and nobody asks it to stop. Null: Regild stops it. */
    waitForShutoffMs: z._default(z.nullable(durationMs), null),
    /** Who is asked before the servers are stopped, by a name of regild.yml. Null: nobody. */
    hook: z._default(z.nullable(z.strictObject({ to: z.string(), timeoutMs: durationMs })), null),
    /** What the volume is put back to after its image. Null: it stays as the guest has left it. */
    restore: z._default(z.nullable(z.enum(["snapshot"])), null),
    /** A volume may be uploaded while its server runs. Runs of a time before this was asked go on as they began. */
    allowLive: z._default(z.boolean(), true),
  }),
  image: z.strictObject({
    /** A template: see `fillName`. */
    name: z.string(),
    properties: z.record(z.string(), z.string()),
    /** A label that images are found by. Null: none. */
    version: z._default(z.nullable(z.string()), null),
    minDiskGib: z.nullable(z.int().check(z.nonnegative())),
    minRamMib: z.nullable(z.int().check(z.nonnegative())),
    /** The operating system, as IMS calls it. Null: the recipe names none. */
    osVersion: z._default(z.nullable(z.string()), null),
    /** The key of the image's encrypted copy, which takes its place. Absent: the image is as its source is. */
    cmkId: z.optional(z.string()),
    /** Null where the cloud decides: see `isMadeByCloud`. */
    diskFormat: z.nullable(z.enum(DISK_FORMATS)),
    visibility: z.enum(VISIBILITIES),
    /** The current and the kept images have Glance's `protected`. Runs of earlier versions set none. */
    protected: z._default(z.boolean(), false),
  }),
  /** Other projects that get each image. Recipes of earlier versions share with nobody. */
  sharing: z._default(sharingSchema, NOT_SHARED),
  /** The current image counts. */
  keep: z.int().check(z.positive()),
  /** Images that were made so lately stay beyond `keep`. 0: none for that. */
  keepNewerThanMs: z._default(durationMs, 0),
  /** From retirement to deletion. */
  coolingOffMs: durationMs,
  deadlineMs: durationMs,
  /** Images per clean-up; a plan above it stops and asks. */
  maxDeletes: z.int().check(z.positive()),
  /** So many failed runs in a row pause the schedule; 0: never. Runs of earlier versions carry none. */
  pauseAfterFailures: z._default(z.int().check(z.nonnegative()), 5),
  /** Where an image has to be usable before it becomes current. Empty: in the image service that it is made in. */
  zones: z._default(z.array(zoneSchema), []),
  /** How long an image has to be active before it counts as usable: a cloud may report a failure late. */
  settleMs: z._default(durationMs, 0),
  /** Null: the image is not booted. */
  testBoot: z._default(z.nullable(testBoot), null),
  promote: z._default(z.enum(PROMOTIONS), "auto"),
  /** From the question to its rejection by itself. */
  approveWithinMs: z._default(durationMs, 48 * 3_600_000),
  /** What becomes of a start while a run of the recipe is under way. */
  ifRunning: z.enum(IF_RUNNING),
  /** A start does nothing while the current image is younger. Null: every start makes an image. */
  freshWithinMs: z._default(z.nullable(durationMs), null),
  /** A start does nothing if the source shows no change since the current image. Null: every start makes an image. */
  skipUnchanged: z._default(
    z.nullable(
      z.strictObject({
        /** The metadata key of the source whose value says what it holds. Null: none does. */
        version: z.nullable(z.string()),
      }),
    ),
    null,
  ),
  /** Each start of the schedule is up to so much later, by the same time for each start of the recipe. */
  jitterMs: z._default(durationMs, 0),
  /** Runs of recipes with this key that may upload on one cloud and region at a time. Null: any number. */
  maxParallel: z._default(z.nullable(z.int().check(z.positive())), null),
  /** Where the outcome of its runs is reported: a name in regild.yml. Null: nowhere. */
  callback: z._default(z.nullable(z.strictObject({ to: z.string() })), null),
  /** The commit that shows how its runs stand, at a Git host of regild.yml. Null: none. */
  commitStatus: z._default(
    z.nullable(z.strictObject({ to: z.string(), repository: z.string(), sha: z.string() })),
    null,
  ),
  /** Whom it tells of what. Recipes of earlier versions tell nobody. */
  notifications: z._default(notificationsSchema, []),
  /** Null: nothing. Never set where the recipe names its source itself. */
  afterPromote: z._default(z.nullable(z.enum(AFTER_PROMOTE)), null),
  /** Where IMS exports each image that has become current, in OBS. Absent: nowhere. */
  exportTo: z.optional(z.strictObject({ bucket: z.string(), format: z.enum(EXPORT_FORMATS) })),
});

export type Recipe = z.infer<typeof recipeSchema>;
export type Schedule = Recipe["schedule"][number];
export type DiskFormat = (typeof DISK_FORMATS)[number];
export type Capture = (typeof CAPTURES)[number];
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
