import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { StateEffect } from "../../local/simulated-cloud/faults.ts";
import type { Settings } from "../../local/simulated-cloud/settings.ts";
import { fillInputs } from "../../shared/recipe/inputs.ts";
import { loadRecipes } from "../../shared/recipe/load.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { FaultPlan } from "./faults.ts";
import { hostileOf } from "./hostile.ts";
import { AS_FOUND } from "./checker/restored-disks.ts";
import { membersOf, prepareMembers } from "./members.ts";
import { protectionOf } from "./protection.ts";
import { at } from "./random.ts";
import { withNotifications } from "./people.ts";
import { withCallbacks } from "./told.ts";

/** Sources, and which recipes want them: alone, or the same server and its volumes in several ways. */
const RECIPES: Record<string, string> = {
  web: "{ server: web, prepare: { stop_server: true, stop_timeout: 5m } }",
  db: '{ server: db, image: { name: "db-${{ seq }}" } }',
  root: "{ server: db, capture: root_volume, prepare: { stop_server: true, stop_timeout: 5m } }",
  disk: "{ volume: db-data }",
  data: "{ volume: data }",
  copy: "{ volume: data, capture: snapshot }",
};

/** One volume that two servers have: both are stopped for its image. */
const POOL: Record<string, string> = {
  volume: "{ volume: pool, prepare: { stop_server: true, stop_timeout: 5m } }",
  snapshot: "{ volume: pool, capture: snapshot, prepare: { stop_server: true, stop_timeout: 5m } }",
  "guests power off": "{ volume: pool, prepare: { wait_for_shutoff: 10m } }",
};
/** Of clouds that have an IMS: of servers and volumes, with a stop, without. */
const BY_IMS = [
  "{ server: db, capture: system_disk }",
  "{ server: web, capture: system_disk, prepare: { stop_server: true, stop_timeout: 5m } }",
  "{ volume: db-data, capture: data_disk, prepare: { stop_server: true, stop_timeout: 5m } }",
  '{ volume: data, capture: system_from_data_disk, image: { os_version: "Debian 12 64bit" } }',
];

/** A vault of CBR, for the backups of full-server images. */
const VAULT = "3b5816b5-f29c-4172-9d9a-76c719a659ce";
const FULL_SERVER = [
  `{ server: db, capture: full_server, vault_id: ${VAULT} }`,
  `{ server: web, capture: full_server, vault_id: ${VAULT}, prepare: { stop_server: true, stop_timeout: 5m } }`,
];

/** Of a server with two data disks: an image of each. */
const DATA_DISKS = [
  "{ server: db, capture: data_disks, prepare: { allow_live: true } }",
  "{ server: db, capture: data_disks, prepare: { stop_server: true, stop_timeout: 5m } }",
];

/** A build names the server; see `startOf`. */
const BUILD = `{ server: "\${{ inputs.server }}", inputs: { server: {} }, allow_source: { name: "build-*" }`;

/** A data disk that is put back after its image. */
const RESTORED: Record<string, string> = {
  "guest powers off": "{ volume: app-data, prepare: { wait_for_shutoff: 10m, restore: snapshot } }",
  "hook says so":
    "{ volume: app-data, prepare: { stop_server: true, stop_timeout: 5m, restore: snapshot, hook: { to: guest, timeout: 10m } } }",
};

const LINEUPS = [
  ...Object.keys(RECIPES).flatMap((name) => [[name], [name]]),
  ["db", "root"],
  ["db", "disk"],
  ["data", "copy"],
  ["web", "db", "root", "data"],
];

const loaded = new Map<string, ReadonlyMap<string, Recipe>>();

/** The recipes of a seed. Some of them report their runs, and some tell people. */
export function recipesOf(seed: string): Recipe[] {
  return lineupOf(seed).map((recipe) => withNotifications(withCallbacks(recipe, seed), seed));
}

/** Mostly one or two, so that a seed is short and its history can be told. */
function lineupOf(seed: string): Recipe[] {
  const keep = hasLateReasons(seed) ? 2 : 1 + Math.floor(at(seed, "keep") * 2);
  const usual = at(seed, "cooling off") < 0.5 ? "0s" : "30m";
  const coolingOff = cleansUpOften(seed) ? "5m" : usual;
  const deadline = at(seed, "deadline") < 0.3 ? "11m" : "2h";
  const zones = zonesOf(seed);
  const schedule = at(seed, "schedule") < 0.1 ? ', schedule: [{ cron: "*/30 * * * *" }]' : "";
  const rule = at(seed, "if running");
  const ifRunning = rule < 0.15 ? ", if_running: queue" : rule < 0.18 ? ", if_running: skip" : "";
  const build = buildOf(seed);
  const live = at(seed, "allow live") < 0.6 ? ", prepare: { allow_live: true }" : "";
  const approval = at(seed, "approval") < 0.15 ? ", promote: approve, approve_within: 1h" : "";
  const text = `defaults: { cloud: sim, keep: ${keep}, cooling_off: ${coolingOff}, deadline: ${deadline}${schedule}${ifRunning}${zones}${approval}${testOf(seed)}${lessWorkOf(seed)}${roomOf(seed)}${imageOf(seed)} }
recipes:
${Object.entries(RECIPES)
  .map(
    ([name, fields]) =>
      `  ${name}: ${name === "disk" ? fields.replace(" }", `${live} }`) : fields}`,
  )
  .join("\n")}
  pool: ${POOL[poolOf(seed) ?? "volume"] ?? ""}
  app: ${RESTORED[restoredOf(seed) ?? "guest powers off"] ?? ""}
  ims: ${imsRecipeOf(seed)}
  build: ${BUILD}, schedule: [], after_promote: ${build ?? "delete_server"} }
`;
  const recipes = loaded.get(text) ?? read(text);
  loaded.set(text, recipes);
  if (build !== null) return [recipes.get("build")].filter((recipe) => recipe !== undefined);
  if (poolOf(seed) !== null) return [recipes.get("pool")].filter((recipe) => recipe !== undefined);
  if (restoredOf(seed) !== null)
    return [recipes.get("app")].filter((recipe) => recipe !== undefined);
  if (hasIms(seed)) return [recipes.get("ims")].filter((recipe) => recipe !== undefined);
  // An image that is made of snapshots cannot be distributed.
  const lineups =
    isDistributing(seed) || hasStores(seed)
      ? LINEUPS.filter((one) => !one.includes("db"))
      : LINEUPS;
  const names = lineups[Math.floor(at(seed, "lineup") * lineups.length)] ?? [];
  return names.flatMap((name) => recipes.get(name) ?? []);
}

export function hasIms(seed: string): boolean {
  return at(seed, "ims") < 0.05 && buildOf(seed) === null && poolOf(seed) === null;
}

function imsRecipeOf(seed: string): string {
  const others = isOfDataDisks(seed) ? DATA_DISKS : BY_IMS;
  const recipes = isFullServer(seed) ? FULL_SERVER : others;
  const recipe = recipes[Math.floor(at(seed, "what ims takes") * recipes.length)] ?? "";
  return withExport(withKey(recipe, seed), seed);
}

function withExport(recipe: string, seed: string): string {
  if (!exportsImages(seed)) return recipe;
  const isFast = at(seed, "export format") < 0.3 && !encryptsImages(seed);
  const format = isFast ? "zvhd2" : "qcow2";
  return recipe.replace(/ \}$/u, `, export: { bucket: ${BUCKET}, format: ${format} } }`);
}

/** One of the recipes says something of its image already. */
function withKey(recipe: string, seed: string): string {
  if (!encryptsImages(seed)) return recipe;
  return recipe.includes("image: {")
    ? recipe.replace("image: {", `image: { cmk_id: ${KEY},`)
    : recipe.replace(/ \}$/u, `, image: { cmk_id: ${KEY} } }`);
}
const KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4";

/** IMS encrypts each image by a copy. */
export function encryptsImages(seed: string): boolean {
  const isPlain = !isFullServer(seed) && !isOfDataDisks(seed);
  const isCopied = isDistributing(seed) || hasStores(seed) || copiesToRegion(seed);
  return hasIms(seed) && isPlain && !isCopied ? at(seed, "encrypt") < 0.4 : false;
}

/** IMS exports each image that becomes current to a bucket of OBS. */
export function exportsImages(seed: string): boolean {
  const isPlain = !isFullServer(seed) && !isOfDataDisks(seed);
  return hasIms(seed) && isPlain && at(seed, "export") < 0.4;
}

function prepareExports(cloud: SimulatedCloud, seed: string, plan: FaultPlan): void {
  if (!exportsImages(seed)) return;
  if (!plan.happens("cloud: no bucket", 0.04)) cloud.operator.addBucket(BUCKET);
  cloud.settings.exportSeconds = (id) => Math.floor(at(seed, id, "export seconds") ** 2 * 3000);
  const place = "cloud: export-fails";
  if (!plan.happens(place, 0.2)) return;
  const nth = 1 + Math.floor(at(seed, place) * 2);
  cloud.faults.add({ on: { operation: "ims.exportImage", nth }, effect: { kind: "export-fails" } });
}
const BUCKET = "golden-images";

/** IMS makes the images of whole servers, with backups. Nobody gets such an image, and no server is booted of it. */
export function isFullServer(seed: string): boolean {
  return hasIms(seed) && at(seed, "full server") < 0.4;
}

/** Each run makes a set of images. Nobody gets one, nobody protects one, and no zone has one. */
export function isOfDataDisks(seed: string): boolean {
  const isPlain =
    !hasZones(seed) &&
    !hasStores(seed) &&
    !hasTest(seed) &&
    membersOf(seed).length + protectionOf(seed).length === 0;
  return hasIms(seed) && !isFullServer(seed) && isPlain && at(seed, "data disks") < 0.5;
}

function prepareBackups(cloud: SimulatedCloud, seed: string, plan: FaultPlan): void {
  if (!isFullServer(seed)) return;
  cloud.operator.addVault("golden", VAULT);
  cloud.settings.backupSeconds = at(seed, "backup seconds") < 0.5 ? 1 : 240;
  const place = "cloud: backup-stays";
  if (!plan.happens(place, 0.4)) return;
  for (const operation of ["image.delete", "cbr.deleteBackup"]) {
    const nth = 1 + Math.floor(at(seed, place, operation) * 2);
    cloud.faults.add({ on: { operation, nth }, effect: { kind: "backup-stays" } });
  }
}

/** Most clouds have one image service, or several that have nothing to do with each other. */
function zonesOf(seed: string): string {
  if (hasStores(seed)) return ", zones: { c: { store: second, distribute: true } }";
  if (!hasZones(seed)) return "";
  const settle = at(seed, "settle") < 0.3 ? ", settle: 3m" : "";
  if (copiesToRegion(seed)) return `, zones: { b: { ${FAR} } }${settle}`;
  const second = shapeOf(seed) === "regions" ? "region_name: az2" : `endpoint: "${ZONE_2}"`;
  const copy = isDistributing(seed)
    ? `, distribute: ${howStreamed(seed) === "by wish" ? "stream" : "true"}`
    : "";
  return `, zones: { b: { ${second}${copy} } }${settle}`;
}
const ZONE_2 = "http://cloud.example/image/az2";
const FAR = "region_name: az2, distribute: true, agency_name: ims_copy_image";

/** For `defaults`: what is in `image:` there is merged with what a recipe has in its own. */
function imageOf(seed: string): string {
  const members = isFullServer(seed) ? [] : membersOf(seed);
  const fields = [...members, ...protectionOf(seed)];
  return fields.length === 0 ? "" : `, image: { ${fields.join(", ")} }`;
}

/** Some recipes make no image where none is needed. */
function lessWorkOf(seed: string): string {
  if (!savesWork(seed)) return "";
  return at(seed, "which work") < 0.5 ? ", fresh_within: 40m" : ", skip_unchanged: true";
}

/** Several recipes of one cloud share its image store. */
function roomOf(seed: string): string {
  return hasRoom(seed) ? ", max_parallel: 1" : "";
}

export function hasRoom(seed: string): boolean {
  return at(seed, "max parallel") < 0.15;
}

/** People clean up again and again, while old images wait for the end of their cooling-off. */
export function cleansUpOften(seed: string): boolean {
  return at(seed, "clean up often") < 0.05;
}

/** The image before goes as soon as its successor is current. */
export function keepsOne(seed: string): boolean {
  return recipesOf(seed).some(({ keep, coolingOffMs }) => keep === 1 && coolingOffMs === 0);
}

export function savesWork(seed: string): boolean {
  return at(seed, "less work") < 0.1;
}

/** Some images are booted before they become current, from a disk or a volume, in one zone or two. */
function testOf(seed: string): string {
  if (!hasTest(seed)) return "";
  const zones = at(seed, "test zones") < 0.3 ? ", availability_zones: [az1, az2]" : "";
  const volume = at(seed, "test volume") < 0.4 ? ", volume_size: 1" : "";
  const console = readsConsole(seed) ? ', console: { expect: "login:", reject: "panic" }' : "";
  const group = at(seed, "test group") < 0.5 ? ", security_groups: [allow-ssh]" : "";
  const probe = probes(seed) ? `, networks: [sim-net]${group}, probe: { port: 22 }` : "";
  return `, test_boot: { flavor: sim.tiny, timeout: 3m${zones}${volume}${console}${probe} }`;
}

function hasTest(seed: string): boolean {
  return at(seed, "test boot") < 0.15 && !isFullServer(seed);
}

function prepareBoots({ settings }: SimulatedCloud, seed: string, plan: FaultPlan): void {
  if (!hasTest(seed)) return;
  settings.bootSeconds = Math.floor(at(seed, "boot seconds") ** 2 * 150);
  settings.guestSeconds = Math.floor(at(seed, "guest seconds") ** 2 * 150);
  settings.deleteSeconds = at(seed, "delete seconds") < 0.3 ? 40 : 0.5;
  if (!plan.happens("cloud: images do not boot", 0.6)) return;
  // Where nothing is expected of the console, and nothing over the network, a server that runs has booted.
  const worse = [
    "no-host" as const,
    ...(readsConsole(seed) || probes(seed) ? (["panics", "silent"] as const) : []),
    ...(probes(seed) ? (["deaf"] as const) : []),
  ];
  settings.bootOutcome = (imageId) => {
    const draw = at(seed, imageId, "boot outcome") * 2;
    return draw < 1 ? "boots" : (worse[Math.floor((draw - 1) * worse.length)] ?? "no-host");
  };
}
function probes(seed: string): boolean {
  return at(seed, "test probe") < 0.5;
}

function readsConsole(seed: string): boolean {
  return at(seed, "test console") < 0.8;
}

export function hasZones(seed: string): boolean {
  return copiesToRegion(seed) || at(seed, "zones") < 0.15;
}

/** IMS copies each image to the region that the second zone is. */
export function copiesToRegion(seed: string): boolean {
  return hasIms(seed) && !isFullServer(seed) && at(seed, "copies to a region") < 0.35;
}

/** The cloud copies nothing, and Regild has the second zone fetch each image, or sends it there. */
export function isDistributing(seed: string): boolean {
  const isOther = isFullServer(seed) || copiesToRegion(seed);
  return hasZones(seed) && !isOther && at(seed, "distribute") < 0.35;
}

/** The image service has a second store, and each image is copied there. */
export function hasStores(seed: string): boolean {
  return !isFullServer(seed) && !hasZones(seed) && at(seed, "stores") < 0.05;
}

function prepareStores({ settings, faults }: SimulatedCloud, seed: string, plan: FaultPlan): void {
  if (!hasStores(seed)) return;
  settings.stores = ["file", "second"];
  settings.mayCopyImages = true;
  prepareImports({ settings, faults }, seed, plan);
}

/** Regild itself sends the images to the second zone. */
export function isStreaming(seed: string): boolean {
  return isDistributing(seed) && howStreamed(seed) !== null;
}

function howStreamed(seed: string): "by wish" | "nothing else is offered" | null {
  if (shapeOf(seed) !== "regions") return "nothing else is offered";
  const draw = at(seed, "stream");
  if (draw < 0.2) return "by wish";
  return draw < 0.4 ? "nothing else is offered" : null;
}

function prepareCopies(
  { settings, faults }: Pick<SimulatedCloud, "settings" | "faults">,
  seed: string,
  plan: FaultPlan,
): void {
  settings.syncSeconds = null;
  if (howStreamed(seed) === "nothing else is offered") settings.importMethods = ["web-download"];
  settings.contentSeconds = (name) => Math.floor(at(seed, name, "content") ** 2 * 400);
  for (const [kind, probability] of CONTENT_TROUBLE) {
    if (!plan.happens(`cloud: ${kind}`, probability)) continue;
    const nth = 1 + Math.floor(at(seed, kind, "nth") * 2);
    const isForGood = at(seed, kind, "for good") < 0.6;
    const times = isForGood ? 10_000 : 1 + Math.floor(at(seed, kind, "times") * 4);
    faults.add({ on: { operation: "image.upload", nth, times }, effect: { kind } });
  }
  prepareImports({ settings, faults }, seed, plan);
}

function prepareImports(
  { settings, faults }: Pick<SimulatedCloud, "settings" | "faults">,
  seed: string,
  plan: FaultPlan,
): void {
  settings.importSeconds = (name) => Math.floor(at(seed, name, "import") ** 2 * 400);
  for (const [kind, probability] of IMPORT_TROUBLE) {
    if (!plan.happens(`cloud: ${kind}`, probability)) continue;
    const nth = 1 + Math.floor(at(seed, kind, "nth") * 2);
    const isForGood = hasStores(seed) && at(seed, kind, "for good") < 0.5;
    const times = isForGood ? 10_000 : 1 + Math.floor(at(seed, kind, "times") * 4);
    faults.add({ on: { operation: "image.import", nth, times }, effect: { kind } });
  }
}
const CONTENT_TROUBLE = [
  ["content-breaks", 0.3],
  ["content-stays", 0.05],
] as const;
const IMPORT_TROUBLE = [
  ["import-fails", 0.3],
  ["import-never-ends", 0.05],
] as const;

function shapeOf(seed: string): Settings["imageServices"] {
  if (copiesToRegion(seed)) return "regions";
  const draw = at(seed, "image services");
  if (draw < 0.6) return "regions";
  return draw < 0.8 ? "endpoints" : "services";
}

function prepareZones({ settings, faults }: SimulatedCloud, seed: string, plan: FaultPlan): void {
  if (!hasZones(seed)) return;
  settings.imageServices = shapeOf(seed);
  settings.syncSeconds = copiesToRegion(seed) ? null : Math.floor(at(seed, "sync") ** 2 * 400);
  settings.deletesTravel = at(seed, "deletes travel") < 0.4;
  if (isDistributing(seed)) prepareCopies({ settings, faults }, seed, plan);
  if (!hasLateReasons(seed) || !plan.happens("cloud: sync-fails late", 0.9)) return;
  const first = at(seed, "sync-fails late") < 0.2 ? 1 : 2;
  const property = at(seed, "spelling") < 0.5 ? "sync_status_reason" : "sync_reason_status";
  for (let nth = first; nth < first + (at(seed, "sync-fails twice") < 0.4 ? 2 : 1); nth++) {
    const afterSeconds = Math.floor(at(seed, "sync-fails after", nth) * 2400);
    const isElsewhere = at(seed, "sync-fails elsewhere") < 0.8;
    const effect = {
      kind: "sync-fails",
      property,
      afterSeconds,
      ...(isElsewhere ? { ofAnotherZone: true as const } : {}),
    } as const;
    for (const operation of ["compute.createImage", "volume.uploadImage", "ims.createImage"])
      faults.add({ on: { operation, nth }, effect });
  }
}

/** A reason may appear when the image has long been current. It matters most where the recipe has an image before it. */
export function hasLateReasons(seed: string): boolean {
  return hasZones(seed) && at(seed, "late reasons") < 0.5;
}

/** What becomes of the servers of builds; null: this seed has no builds. */
function buildOf(seed: string): NonNullable<Recipe["afterPromote"]> | null {
  const draw = at(seed, "build");
  if (draw >= 0.08) return null;
  return draw < 0.06 ? "delete_server" : "stop_server";
}

/** How the image of a volume with two servers is taken. Null: this seed has no such volume. */
export function poolOf(seed: string): "volume" | "snapshot" | "guests power off" | null {
  const draw = at(seed, "pool");
  if (draw >= 0.06 || buildOf(seed) !== null) return null;
  if (draw < 0.02) return "volume";
  return draw < 0.035 ? "snapshot" : "guests power off";
}

/** How a disk that is put back is prepared. Null: this seed has no such disk. */
export function restoredOf(seed: string): "guest powers off" | "hook says so" | null {
  const draw = at(seed, "restore");
  if (draw >= 0.05 || buildOf(seed) !== null || poolOf(seed) !== null || hasIms(seed)) return null;
  return draw < 0.035 ? "guest powers off" : "hook says so";
}

/** How long after a run has begun to wait for it a guest powers itself off. Null: it never does. */
export function powerOffSeconds(seed: string, server: string, runId: string): number | null {
  const isWaited = poolOf(seed) === "guests power off" || restoredOf(seed) === "guest powers off";
  if (!isWaited || at(seed, server, runId, "stays on") < 0.1) return null;
  return Math.floor(at(seed, server, runId, "power off") ** 2 * 700);
}

const BUILT = ["build-1", "build-2", "prod-1"];

/** The recipe as its so-manieth start has it: a build names its server, the last one a server that it may not. */
export function startOf(recipe: Recipe, n: number): Recipe {
  if (recipe.allowSource === null) return recipe;
  const filled = fillInputs(recipe, { server: BUILT[(n - 1) % BUILT.length] });
  if ("problem" in filled) throw new Error(filled.problem);
  return filled.recipe;
}

function read(text: string): ReadonlyMap<string, Recipe> {
  const result = loadRecipes(text, "recipes.yml");
  if ("problems" in result) throw new Error(result.problems.map((p) => p.message).join("\n"));
  return result.recipes;
}

/** What goes wrong in the cloud itself. */
const TROUBLE: Array<{ effect: StateEffect; operations: string[] }> = [
  uploads({ kind: "upload-breaks" }),
  uploads({ kind: "upload-reverts" }),
  uploads({ kind: "upload-never-ends" }),
  uploads({ kind: "image-vanishes", afterSeconds: 20 }),
  uploads({ kind: "unknown-status", status: "defrosting" }),
  uploads({ kind: "sync-fails", property: "sync_status_reason" }),
  { effect: { kind: "snapshot-fails", number: 2 }, operations: ["compute.createImage"] },
  { effect: { kind: "snapshots-cut", after: 1 }, operations: ["compute.createImage"] },
  { effect: { kind: "snapshot-stays" }, operations: ["volume.deleteSnapshot"] },
];

/** What a history needs several recipes or attempts for comes more often; what costs a check every minute, seldom. */
const PROBABILITIES: Partial<Record<StateEffect["kind"], number>> = {
  "upload-never-ends": 0.02,
  "snapshot-fails": 0.2,
  "snapshots-cut": 0.2,
};

function uploads(effect: StateEffect): { effect: StateEffect; operations: string[] } {
  const operations = [
    "compute.createImage",
    "volume.uploadImage",
    "ims.createImage",
    "ims.copyImage",
    "ims.copyToRegion",
  ];
  return { effect, operations };
}

export function prepareCloud(cloud: SimulatedCloud, seed: string, plan: FaultPlan): void {
  const { operator, settings } = cloud;
  if (hasIms(seed)) {
    settings.imsQuota = 1000;
    settings.captureSeconds = at(seed, "record of ims") < 0.4 ? 0.6 : 300;
  }
  const slow = at(seed, "slow");
  settings.uploadSeconds = (name) =>
    Math.floor(at(seed, name, "upload") * (slow < 0.15 ? 3000 : 200));
  settings.listLagSeconds = at(seed, "list lag") < 0.3 ? 20 : 0;
  settings.showLagSeconds = at(seed, "show lag") < 0.15 ? 20 : 0;
  settings.statusLagSeconds = at(seed, "status lag") < 0.3 ? 15 : 0.1;
  settings.forceUpload = at(seed, "force") < 0.8;
  settings.hostile = hostileOf(seed, plan);
  settings.chosenImageIds = idsOf(at(seed, "ids"));
  settings.maxPage = at(seed, "page") < 0.3 ? 2 : 1000;
  for (const { effect, operations } of TROUBLE) {
    const place = `cloud: ${effect.kind}`;
    if (!plan.happens(place, PROBABILITIES[effect.kind] ?? 0.08)) continue;
    for (const operation of operations) {
      const nth = 1 + Math.floor(at(seed, place, operation) * 3);
      cloud.faults.add({ on: { operation, nth }, effect });
    }
  }
  prepareZones(cloud, seed, plan);
  prepareStores(cloud, seed, plan);
  prepareBoots(cloud, seed, plan);
  prepareMembers(cloud, seed);
  prepareBackups(cloud, seed, plan);
  prepareExports(cloud, seed, plan);
  if (encryptsImages(seed) && !plan.happens("cloud: no key", 0.04)) cloud.world.keys.add(KEY);
  const base = operator.addImage({ name: "base" });
  operator.addServer({ name: "web", image: base });
  operator.addServer({
    name: "db",
    volumes: [
      operator.addVolume({ name: "db-root", image: base }),
      operator.addVolume({ name: "db-data" }),
      ...(isOfDataDisks(seed) ? [operator.addVolume({ name: "db-log" })] : []),
    ],
  });
  operator.addVolume({ name: "data" });
  if (poolOf(seed) !== null) {
    const volumes = [operator.addVolume({ name: "pool" })];
    for (const name of ["node-1", "node-2"]) operator.addServer({ name, image: base, volumes });
  }
  if (restoredOf(seed) !== null) {
    const volume = operator.addVolume({ name: "app-data" });
    volume.content = AS_FOUND;
    operator.addServer({ name: "app", image: base, volumes: [volume] });
  }
  if (buildOf(seed) === null) return;
  for (const name of BUILT) operator.addServer({ name, image: base });
}

/** Most clouds keep the ids that creates ask for. */
function idsOf(draw: number): Settings["chosenImageIds"] {
  if (draw < 0.7) return "kept";
  if (draw < 0.85) return "ignored";
  return draw < 0.93 ? "refused-400" : "refused-403";
}

/** Times at which nothing, or not everything, can be seen of the cloud. */
export function faultsOf(
  seed: string,
  beginMs: number,
  plan: FaultPlan,
): (nowMs: number) => { isDown: boolean; isLagging: boolean; zonesDown: string[] } {
  const spells = [
    { place: "cloud: down", probability: 0.04, seconds: 40 * 60 },
    { place: "cloud: down for hours", probability: 0.02, seconds: 5 * 3600 },
    { place: "cloud: a Glance lags", probability: 0.15, seconds: 20 },
    { place: "cloud: zone 2 down", probability: hasZones(seed) ? 0.2 : 0, seconds: 50 * 60 },
  ].map(({ place, probability, seconds }) => {
    const fromMs = beginMs + Math.floor(at(seed, place, "from") * 3_600_000);
    const happens = plan.happens(place, probability);
    return { fromMs, untilMs: happens ? fromMs + seconds * 1000 : fromMs };
  });
  const within = (nowMs: number, n: number): boolean => {
    const spell = spells[n];
    return spell !== undefined && nowMs >= spell.fromMs && nowMs < spell.untilMs;
  };
  return (nowMs) => ({
    isDown: within(nowMs, 0) || within(nowMs, 1),
    isLagging: within(nowMs, 2),
    zonesDown: within(nowMs, 3) ? ["az2"] : [],
  });
}
