import { GRACE_MS } from "../shared/bounds.ts";
import type { Clouds } from "../shared/cloud-ports.ts";
import type { Log, Timing } from "../shared/ports.ts";
import type { Backend } from "../shared/lambda/backend.ts";
import type { Metrics } from "../shared/lambda/metrics.ts";
import { Transfers } from "../shared/image/transfers.ts";
import { installationIdOf } from "../shared/protocol/installation-id.ts";
import type { Attestation } from "../shared/provenance/attestation.ts";
import type { Recipe } from "../shared/recipe/recipe.ts";
import { NO_SETTINGS, type Settings } from "../shared/settings/settings.ts";
import { openOutgoing } from "../shared/lambda/outgoing.ts";
import { keepTogether } from "../shared/sqlite/keep-together.ts";
import { openDatabase } from "../shared/sqlite/open.ts";
import { SqliteQueue } from "../shared/sqlite/queue.ts";
import { SqliteStore } from "../shared/sqlite/store.ts";
import { openSmtpMailer } from "./mail/smtp-mailer.ts";
import { randomIds } from "./ids.ts";
import { SharedReads } from "./shared-reads.ts";
import { trustedRoots } from "./trusted-roots.ts";

/**
 * Timing for one clock and one process: intents resolve sooner than with the clocks of many machines. A create has
 * a minute for its answer, because Nova snapshots the volumes of a volume-backed server before it answers.
 */
export const LOCAL_TIMING: Timing = {
  windowMs: 10_000,
  callTimeoutMs: 60_000,
  skewMs: 2_000,
  graceMs: GRACE_MS,
};

/** Drops the metrics for CloudWatch: here the log and `regild status` show them. */
const metrics: Metrics = { put: () => {} };

export interface Installation {
  backend: Backend;
  store: SqliteStore;
  queue: SqliteQueue;
  housekeeping: () => Promise<void>;
  /** Sets the recipes of future runs. Runs under way keep their own recipe. */
  use: (is: { recipes: ReadonlyMap<string, Recipe>; settings: Settings }) => void;
  close: () => void;
}

/** Everything a host or a command works with: the data file, the clouds, the recipes. */
export async function openInstallation(is: {
  dataFile: string;
  clouds: Clouds;
  recipes: ReadonlyMap<string, Recipe>;
  /** Who may send webhooks and chat commands. Absent: nobody, because this process answers no HTTP. */
  settings?: Settings | undefined;
  /** What statements of images say, and who signs them. Absent: nobody. */
  attestation?: Attestation;
  log: Log;
  timing?: Timing;
}): Promise<Installation> {
  const now = () => Date.now();
  const db = openDatabase(is.dataFile);
  const store = new SqliteStore(db);
  const queue = new SqliteQueue(db, now);
  const { clouds, recipes, log, timing = LOCAL_TIMING } = is;
  let { settings = NO_SETTINGS } = is;
  const installationId = await installationIdOf({ store, ids: randomIds });
  // Wrong variables are told where clouds.yaml is read.
  const trusted = trustedRoots(process.env);
  const edges = {
    attestation: is.attestation,
    transfers: new Transfers(),
    sharedRead: new SharedReads(store, now).read,
    keepTogether: keepTogether(db, store, queue),
    installationId,
    recipes,
    senders: async () => settings.senders,
    chat: async () => settings.chat,
    callbacks: async () => settings.callbacks,
    targets: async () => settings.notifications,
    mailer: openSmtpMailer("roots" in trusted ? trusted.roots : undefined),
    outgoing: openOutgoing(process.env, "roots" in trusted ? trusted.roots : undefined),
  };
  const backend = { store, queue, clouds, log, metrics, timing, now, ids: randomIds, ...edges };
  return {
    backend,
    store,
    queue,
    housekeeping: async () => {
      await store.expire(now());
      db.checkpoint();
    },
    use: (is) => {
      backend.recipes = is.recipes;
      settings = is.settings;
    },
    close: () => db.close(),
  };
}
