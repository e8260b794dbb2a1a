import type { Backup } from "../../shared/backups.ts";
import {
  emptyRecipeState,
  type RecipeState,
  type InventoryImage,
  type BackingResource,
} from "../../shared/image/recipe-state.ts";
import type { Image, Server, Snapshot, Volume } from "../../shared/cloud-ports.ts";
import type { Timing } from "../../shared/ports.ts";
import type { Recipe, TestBoot } from "../../shared/recipe/recipe.ts";
import { NOT_SHARED } from "../../shared/recipe/sharing.ts";
import type { Candidate, Intent, Run, Source } from "../../shared/run/record.ts";
import type { SavedDisk } from "../../shared/source/saved-disk.ts";
import type { SourceItem } from "../../shared/source/item.ts";

/** Everything happens around this time unless a test says otherwise. */
export const NOW = Date.UTC(2026, 10, 23, 9, 30, 12);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const timing: Timing = {
  windowMs: 10 * SECOND,
  callTimeoutMs: 60 * SECOND,
  skewMs: 10 * SECOND,
  graceMs: 15 * MINUTE,
};

const WHERE = { cloud: "mycloud", region: null, projectId: "project-1", sourceId: "server-1" };

export const TEST_BOOT: TestBoot = {
  flavor: "1",
  networks: [],
  securityGroups: [],
  availabilityZones: [],
  keyName: null,
  userData: null,
  volumeGib: null,
  timeoutMs: 10 * MINUTE,
  expect: "login:",
  reject: "panic",
  probe: null,
};

export const PASSED: Run["tests"][number] = {
  zone: null,
  serverId: "test-1",
  seconds: 40,
  line: "golden login:",
  answeredAt: null,
  consoleTail: null,
};

export function recipe(is: Partial<Recipe> = {}): Recipe {
  return {
    name: "web",
    cloud: "mycloud",
    region: null,
    source: { kind: "server", idOrName: "web-golden" },
    allowSource: null,
    capture: "server",
    vaultId: null,
    schedule: [],
    webhook: null,
    prepare: {
      stopServer: false,
      stopTimeoutMs: 10 * MINUTE,
      allowLive: false,
      waitForShutoffMs: null,
      hook: null,
      restore: null,
    },
    image: {
      name: "${{ recipe }}-${{ short_id }}",
      properties: {},
      version: null,
      minDiskGib: null,
      minRamMib: null,
      osVersion: null,
      diskFormat: null,
      visibility: "private",
      protected: false,
    },
    keep: 3,
    coolingOffMs: 72 * HOUR,
    deadlineMs: 6 * HOUR,
    maxDeletes: 5,
    inputs: {},
    keepNewerThanMs: 0,
    pauseAfterFailures: 5,
    zones: [],
    settleMs: 0,
    testBoot: null,
    promote: "auto",
    approveWithinMs: 48 * HOUR,
    ifRunning: "join",
    freshWithinMs: null,
    skipUnchanged: null,
    jitterMs: 0,
    maxParallel: null,
    callback: null,
    commitStatus: null,
    notifications: [],
    afterPromote: null,
    sharing: NOT_SHARED,
    ...is,
  };
}

export function source(is: Partial<Source> = {}): Source {
  return {
    kind: "server",
    id: "server-1",
    name: "web-golden",
    projectId: "project-1",
    volumeId: null,
    lockIds: ["server-1"],
    volumeBacked: false,
    availabilityZone: null,
    servers: [],
    disks: [],
    bootImageId: null,
    inherited: {},
    ...is,
  };
}

export function candidate(is: Partial<Candidate> = {}): Candidate {
  return {
    id: "image-new",
    attemptId: "try001",
    creationName: "web-try001",
    askedAtMs: NOW - MINUTE,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: false,
    ...is,
  };
}

export function intent(is: Partial<Intent> = {}): Intent {
  return {
    kind: "create-image",
    id: "try001",
    name: "web-try001",
    atMs: NOW,
    answer: "unknown",
    imageId: null,
    isRepeatable: false,
    testZone: null,
    serverId: null,
    ...is,
  };
}

/** A run that has its source locked and nothing made yet. */
export function run(is: Partial<Run> = {}): Run {
  return {
    schema: 2,
    id: "web-20261123-093012-k3f9q2",
    recipeName: "web",
    recipe: recipe(),
    installationId: "home01home02",
    trigger: { kind: "command", by: "anna", id: "t1" },
    startedAtMs: NOW,
    deadlineAtMs: NOW + 6 * HOUR,
    queuedAtMs: null,
    reconcileAtMs: NOW,
    step: "prepare-source",
    stepSinceMs: NOW,
    seq: 7,
    imageName: null,
    source: source(),
    locked: true,
    hasRoom: false,
    sourceState: null,
    hook: null,
    savedDisk: null,
    stoppedAtMs: null,
    stops: [],
    restoredAtMs: null,
    attempt: 1,
    intent: null,
    unansweredAttempts: [],
    chosenImageId: null,
    triedImageId: null,
    namesOnly: false,
    job: null,
    creationNames: [],
    snapshot: null,
    volume: null,
    candidate: null,
    diskImages: [],
    copies: [],
    testServer: null,
    tests: [],
    approval: null,
    promoted: false,
    replacedImageId: null,
    afterPromote: null,
    failure: null,
    transientFailures: 0,
    apiCalls: 0,
    snapshotsCleaned: 0,
    imagesRetired: [],
    leftovers: [],
    joinedRunId: null,
    outcome: null,
    endedAtMs: null,
    timeline: [],
    ...is,
  };
}

/** Of another, earlier run. Times follow from the state. */
export function inventoryImage(
  is: Partial<InventoryImage> & Pick<InventoryImage, "id">,
): InventoryImage {
  const state = is.state ?? "candidate";
  const promoted = state === "current" || state === "retired";
  return {
    name: `web-${is.id}`,
    run: "web-20261122-093012-aaaaaa",
    attemptId: "try000",
    where: WHERE,
    zones: [],
    availabilityZone: null,
    version: null,
    device: null,
    backup: null,
    state,
    sizeBytes: 2_490_368,
    candidateAtMs: NOW - 24 * HOUR,
    promotedAtMs: promoted ? NOW - 23 * HOUR : null,
    retiredAtMs: state === "retired" ? NOW - 22 * HOUR : null,
    deletingSinceMs: state === "deleting" ? NOW - HOUR : null,
    goneAtMs: state === "gone" ? NOW - HOUR : null,
    deletedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    reason: null,
    kept: null,
    replaces: null,
    rolledBackAtMs: null,
    currentAgainAtMs: null,
    revoked: null,
    pinned: null,
    adopted: null,
    provenance: null,
    sharedWith: [],
    protection: null,
    ...is,
  };
}

export function resource(
  is: Partial<BackingResource> & Pick<BackingResource, "id">,
): BackingResource {
  return {
    kind: "snapshot",
    run: "web-20261122-093012-aaaaaa",
    imageId: null,
    where: WHERE,
    state: "deleting",
    sinceMs: NOW - HOUR,
    askedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    why: null,
    test: null,
    disk: null,
    ...is,
  };
}

export function recipeState(is: Partial<RecipeState> = {}): RecipeState {
  return { ...emptyRecipeState("web", "home01home02"), shown: is.current ?? null, ...is };
}

export function sourceItem(is: Partial<SourceItem> = {}): SourceItem {
  return {
    schema: 2,
    id: "server-1",
    kind: "server",
    cloud: "mycloud",
    region: null,
    owner: null,
    wishedPower: null,
    wishedAtMs: is.wishedPower == null ? null : NOW,
    lateStopUntilMs: null,
    unansweredStopUntilMs: null,
    givenImageId: null,
    lastImageId: null,
    earlierImageIds: [],
    savedDisk: null,
    reconcileAtMs: null,
    ...is,
  };
}

export function image(is: Partial<Image> = {}): Image {
  return {
    id: "image-new",
    name: "web-try001",
    status: "active",
    visibility: "private",
    ownerProjectId: "project-1",
    sizeBytes: 2_490_368,
    minDiskGib: 0,
    minRamMib: 0,
    diskFormat: "qcow2",
    containerFormat: "bare",
    hidden: false,
    protected: false,
    tags: [],
    hash: null,
    storesImporting: null,
    storesFailed: null,
    stores: [],
    isImporting: false,
    createdAtMs: NOW,
    updatedAtMs: 0,
    properties: {},
    snapshotIds: [],
    backupId: null,
    oddFields: [],
    ...is,
  };
}

export function server(is: Partial<Server> = {}): Server {
  return {
    id: "server-1",
    name: "web-golden",
    status: "ACTIVE",
    taskState: null,
    imageId: "image-base",
    volumeIds: [],
    availabilityZone: null,
    projectId: "project-1",
    locked: false,
    faultMessage: null,
    addresses: [],
    metadata: {},
    oddFields: [],
    ...is,
  };
}

export function volume(is: Partial<Volume> = {}): Volume {
  return {
    id: "volume-1",
    name: "data-golden",
    status: "available",
    sizeGib: 1,
    bootable: false,
    snapshotId: null,
    attachments: [],
    projectId: "project-1",
    metadata: {},
    imageId: null,
    imageProperties: {},
    updatedAt: null,
    oddFields: [],
    ...is,
  };
}

export function snapshot(is: Partial<Snapshot> = {}): Snapshot {
  return {
    id: "snapshot-1",
    name: "regild-web-try001",
    volumeId: "volume-1",
    status: "available",
    sizeGib: 1,
    createdAtMs: NOW,
    metadata: {},
    oddFields: [],
    ...is,
  };
}

export function backup(is: Partial<Backup> = {}): Backup {
  return {
    id: "backup-1",
    name: "backup_name",
    status: "available",
    vaultId: "vault-1",
    serverId: "server-1",
    sizeGib: 40,
    imageIds: ["image-new"],
    createdAtMs: NOW,
    ...is,
  };
}

/** Its guest has prepared it. */
export function savedDisk(is: Partial<SavedDisk> = {}): SavedDisk {
  return {
    run: "web-20261122-093012-aaaaaa",
    recipeName: "web",
    projectId: "p",
    sourceId: "v",
    volumeId: "v",
    volumeName: "app-data",
    snapshotId: "s1",
    device: "/dev/vdb",
    tag: null,
    deleteOnTermination: false,
    stage: "ready",
    call: null,
    calls: 0,
    lateDetachUntilMs: null,
    ...is,
  };
}
