import { BUILT_IN, HOOK_TIMEOUT, WEBHOOK_MIN_GAP } from "./built-in.ts";
import { parseDuration } from "./duration.ts";
import { inputsIn } from "./inputs.ts";
import { isMadeByCloud, type Recipe } from "./recipe.ts";
import { notificationsOf } from "./notifications.ts";
import type { RecipeFields } from "./schema.ts";
import { sharingOf } from "./members.ts";
import { skipUnchangedOf } from "./less-work.ts";
import { testBootOf } from "./test-boot.ts";
import { isStreamed } from "./zones.ts";

const builtIn = {
  ...BUILT_IN,
  prepare: { ...BUILT_IN.prepare, stop_timeout: msOf(BUILT_IN.prepare.stop_timeout) },
  cooling_off: msOf(BUILT_IN.cooling_off),
  deadline: msOf(BUILT_IN.deadline),
  settle: msOf(BUILT_IN.settle),
  approve_within: msOf(BUILT_IN.approve_within),
  test_boot_timeout: msOf(BUILT_IN.test_boot_timeout),
};

export type MergedFields = ReturnType<typeof mergeFields>;

/**
 * The recipe's own fields, else those of `defaults`, else the built-in ones; `prepare`, `image` and
 * `image.properties` key by key. A recipe with a source of its own takes none from `defaults`.
 */
export function mergeFields(own: RecipeFields, defaults: RecipeFields) {
  const { server: _server, volume: _volume, ...others } = defaults;
  const hasSource = own.server !== undefined || own.volume !== undefined;
  return {
    ...builtIn,
    ...(hasSource ? others : defaults),
    ...own,
    prepare: { ...builtIn.prepare, ...defaults.prepare, ...own.prepare },
    image: {
      ...builtIn.image,
      ...defaults.image,
      ...own.image,
      properties: { ...defaults.image?.properties, ...own.image?.properties },
    },
  };
}

export function sourceOf({ server, volume }: RecipeFields): Recipe["source"] | null {
  if (server !== undefined && volume === undefined) return { kind: "server", idOrName: server };
  if (volume !== undefined && server === undefined) return { kind: "volume", idOrName: volume };
  return null;
}

function keepOf(keep: MergedFields["keep"]): Pick<Recipe, "keep" | "keepNewerThanMs"> {
  if (typeof keep === "number") return { keep, keepNewerThanMs: 0 };
  return { keep: keep.at_least ?? builtIn.keep, keepNewerThanMs: keep.newer_than ?? 0 };
}

function webhookOf({ sender, event, when, min_gap }: NonNullable<RecipeFields["webhook"]>) {
  const minGapMs = min_gap ?? msOf(WEBHOOK_MIN_GAP);
  return { sender, event, when: when ?? null, minGapMs };
}

/** Null: nobody is asked. */
export function hookOf(hook: MergedFields["prepare"]["hook"]): Recipe["prepare"]["hook"] {
  return hook === undefined ? null : { to: hook.to, timeoutMs: hook.timeout ?? msOf(HOOK_TIMEOUT) };
}

/** A server that each start names. */
function isNamedByStart({ kind, idOrName }: Recipe["source"]): boolean {
  return kind === "server" && inputsIn(idOrName).length > 0;
}

/** Where the recipe does not say which sources it allows, it allows none; a rule reports that. */
function allowSourceOf({ allow_source: allowed }: RecipeFields): Recipe["allowSource"] {
  const { name = allowed === undefined ? "" : null, metadata = {} } = allowed ?? {};
  return { name, metadata };
}

/** @returns null while the cloud or the one source is missing, which the rules report. */
export function completeRecipe(name: string, merged: MergedFields): Recipe | null {
  const source = sourceOf(merged);
  if (merged.cloud === undefined || source === null) return null;
  const capture = merged.capture ?? source.kind;
  return {
    name,
    cloud: merged.cloud,
    region: merged.region_name ?? null,
    source,
    allowSource: inputsIn(source.idOrName).length === 0 ? null : allowSourceOf(merged),
    capture,
    vaultId: capture === "full_server" ? (merged.vault_id ?? null) : null,
    schedule: (merged.schedule ?? []).map(({ cron, timezone }) => ({
      cron,
      timezone: timezone ?? merged.timezone,
    })),
    webhook: merged.webhook === undefined ? null : webhookOf(merged.webhook),
    inputs: Object.fromEntries(
      Object.entries(merged.inputs ?? {}).map(([input, { from, type, pattern, ...is }]) => [
        input,
        {
          from: from ?? null,
          type: type ?? "string",
          pattern: pattern ?? null,
          default: is.default ?? null,
          value: null,
        },
      ]),
    ),
    prepare: {
      stopServer: merged.prepare.stop_server || merged.prepare.wait_for_shutoff !== undefined,
      stopTimeoutMs: merged.prepare.stop_timeout,
      waitForShutoffMs: merged.prepare.wait_for_shutoff ?? null,
      hook: hookOf(merged.prepare.hook),
      restore: merged.prepare.restore ?? null,
      allowLive: merged.prepare.allow_live,
    },
    image: {
      name: merged.image.name,
      properties: merged.image.properties,
      version: merged.image.version ?? null,
      minDiskGib: merged.image.min_disk ?? null,
      minRamMib: merged.image.min_ram ?? null,
      osVersion: merged.image.os_version ?? null,
      ...(merged.image.cmk_id === undefined ? {} : { cmkId: merged.image.cmk_id }),
      diskFormat: isMadeByCloud({ capture }) ? null : merged.image.disk_format,
      visibility: merged.image.visibility,
      protected: merged.image.protected,
    },
    sharing: sharingOf(merged.image),
    ...keepOf(merged.keep),
    coolingOffMs: merged.cooling_off,
    deadlineMs: merged.deadline,
    maxDeletes: merged.max_deletes,
    pauseAfterFailures: merged.pause_after_failures,
    zones: Object.entries(merged.zones ?? {}).map(([zone, is]) => ({
      name: zone,
      region: is.region_name ?? null,
      endpoint: is.endpoint ?? null,
      cloud: is.cloud ?? null,
      distribute: is.distribute !== undefined && is.distribute !== false,
      streamed: isStreamed(is),
      store: is.store ?? null,
      ...(is.agency_name === undefined ? {} : { agencyName: is.agency_name }),
    })),
    settleMs: merged.settle,
    testBoot:
      capture === "data_disk" ? null : testBootOf(merged.test_boot, merged.test_boot_timeout),
    promote: merged.promote,
    approveWithinMs: merged.approve_within,
    ifRunning: merged.if_running,
    freshWithinMs: merged.fresh_within ?? null,
    skipUnchanged: skipUnchangedOf(merged.skip_unchanged),
    jitterMs: merged.jitter ?? 0,
    maxParallel: merged.max_parallel ?? null,
    callback: merged.callback ?? null,
    commitStatus: merged.commit_status ?? null,
    notifications: notificationsOf(merged.notifications),
    afterPromote: isNamedByStart(source) ? (merged.after_promote ?? null) : null,
    ...(merged.export === undefined ? {} : { exportTo: merged.export }),
  };
}

function msOf(text: string): number {
  const read = parseDuration(text);
  if ("problem" in read) throw new Error(`${text} ${read.problem}`);
  return read.ms;
}
