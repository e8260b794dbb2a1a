import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import * as z from "zod/mini";
import type { Log } from "../../../shared/ports.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { SourceWatch } from "../../doctor/source-watch.ts";
import { openHostLog } from "../../host-log.ts";
import { Host } from "../../host.ts";
import { filesState, sizeOf } from "../../file-watch.ts";
import { watchDataFile } from "../../data-file-watch.ts";
import { giveHeapRoom } from "../../keep-heap-small.ts";
import { takeHostLock } from "../../host-lock.ts";
import { serveHttp } from "../../http-server.ts";
import type { ListenAddress } from "../../listen-address.ts";
import { ClockWatch } from "../../health/clock-watch.ts";
import { CloudSignIns } from "../../health/cloud-sign-ins.ts";
import { storeWithLog } from "../../outcome-log.ts";
import { RequestsFirst } from "../../requests-first.ts";
import { measured } from "../../metrics/metrics-page.ts";
import { CloudAnswers } from "../../page/cloud-answers.ts";
import { CloudQuotas } from "../../page/cloud-quotas.ts";
import { LiveUpdates } from "../../page/live-updates.ts";
import { pageSite } from "../../page/page-site.ts";
import { pageGate } from "../../page/page-gate.ts";
import { hostSite } from "../../host-site.ts";
import { Gate } from "../../access/gate.ts";
import { apiSite } from "../../api/api-site.ts";
import { cleanUpActions } from "../../clean-up-actions.ts";
import { OidcSignIn } from "../../oidc/oidc-sign-in.ts";
import { PeopleInMemory } from "../../oidc/kept-people.ts";
import { People } from "../../oidc/people.ts";
import { providerAccess } from "../../oidc/provider-http.ts";
import { ownAttempts } from "../../oidc/attempt.ts";
import { needClientSecret } from "../client-secret.ts";
import { needSmtp } from "../needs-smtp.ts";
import { openRoutes } from "../../routes.ts";
import { webhookSite } from "../../webhook-site.ts";
import { serviceManager } from "../../service-manager.ts";
import { watchdog } from "../../watchdog.ts";
import { viewHost } from "../../view/host.ts";
import { RecipeMemory } from "../../view/recipe-memory.ts";
import type { App } from "../app.ts";
import { cloudsOf, needClouds } from "../clouds.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-status.ts";
import { address, listening, tcpAddress } from "../listening.ts";
import { refuseOnAws } from "../storage.ts";
import { goodRecipesAndSettings } from "../config-file.ts";
import { counted } from "../text/format.ts";
import { openData } from "../run-control.ts";
import { type Loaded, logWarnings, Reload } from "../reload.ts";
import { interruption } from "../signals.ts";
import { WebhookServer } from "../webhook-server.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

/** Some 80,000 recipes. */
const MANY_RECIPES_BYTES = 5 * 1024 * 1024;
const DEFAULT_LISTEN = "127.0.0.1:8321";
const DEFAULT_LISTEN_WEBHOOKS = "127.0.0.1:8322";
const tcp = z.object({ host: z.string(), port: z.int() });
const optionsSchema = z.object({
  listen: z.union([tcp, z.object({ socket: z.string() })]),
  listenWebhooks: z.optional(tcp),
});

type Options = z.infer<typeof optionsSchema>;

export function addServe(program: Command, action: Action): void {
  program
    .command("serve")
    .summary("the host: starts runs by schedule, and does the work of all runs")
    .description(
      prose(`Runs until it is stopped: starts recipes by their schedules, works on every run, and deletes what the
recipes keep no longer. All of its memory is the data file; kill it and start it again at any time, it
goes on where it was. One host works on a data file. Changed recipes and senders are read again at once, and on SIGHUP; a
file with a mistake is refused, and what was read before stays in force. A changed clouds.yaml: stop it and start it again.
Logs are JSON lines. Over HTTP: a page for the browser at /, /healthz, /readyz, /metrics, and the HTTP API under /v1, described by /v1/openapi.json. Every
action takes a token (regild token create). Reading takes one too, but on a Unix socket and on loopback; there it does
with sign_in: required in regild.yml. At an address of its own, POST /webhooks/SENDER takes what the senders of regild.yml sign,
POST /chat/WORKSPACE the commands of its chat workspaces, and POST /hooks/RUN what a hook answers later. It is open if a
recipe has a webhook or a hook, if regild.yml has a chat workspace or if --listen-webhooks is given. Let a proxy reach only that one.`),
    )
    .addOption(
      new Option(
        "--listen <address>",
        "where to answer readers: host:port, port 0 for a free one, or the path of a Unix socket",
      )
        .argParser(address)
        .default(address(DEFAULT_LISTEN), DEFAULT_LISTEN),
    )
    .addOption(
      new Option(
        "--listen-webhooks <host:port>",
        `where to take webhooks (default: "${DEFAULT_LISTEN_WEBHOOKS}", or a free port if --listen has port 0)`,
      ).argParser(tcpAddress),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild serve
  regild serve --data /var/lib/regild/regild.sqlite --recipes /etc/regild/recipes.yml
  regild serve --listen /run/regild/http.sock --listen-webhooks 127.0.0.1:8322
  curl --unix-socket /run/regild/http.sock http://localhost/v1/status

SIGTERM or Ctrl-C: regild serve finishes the calls under way, for eight seconds at most, and ends with 0. A second one
ends it at once. Unfinished work goes on with the next start.`,
    )
    .action(
      action(async (app, { options }) => {
        await serve(app, optionsSchema.parse(options));
        return EXIT.done;
      }),
    );
}

async function serve(app: App, { listen, listenWebhooks }: Options): Promise<void> {
  refuseOnAws(app.storage, "regild serve works on a data file");
  const clouds = cloudsOf(app);
  const read = () => {
    const loaded = goodRecipesAndSettings(app);
    needClouds(clouds, loaded.recipes.values());
    needClientSecret(loaded.settings, app.env);
    needSmtp(loaded.settings.notifications);
    return loaded;
  };
  const files = {
    recipesFile: resolve(app.cwd, app.recipesFile),
    configFile: resolve(app.cwd, app.configFile),
  };
  const since = filesState([files.recipesFile, files.configFile]);
  // 100,000 recipes are read in a sixth less time. The young generation grows to 128 MB meanwhile, since nothing bounds it
  // before the next turn of the event loop, and stays so large.
  if (sizeOf(files.recipesFile) > MANY_RECIPES_BYTES) giveHeapRoom();
  const loaded = read();
  const log = openHostLog();
  using stopAsked = interruption();
  await using undo = new AsyncDisposableStack();
  // Where nobody sits at a terminal, every line is JSON.
  const tellNew = (text: string) => (app.output.err.isTTY ? app.output.hint(text) : log.warn(text));
  const opened = await openData(app, { ...loaded, clouds, tellNew }, log);
  const answers = new CloudAnswers(app.now);
  const { backend: unwatched } = opened;
  const signIns = new CloudSignIns(app.now);
  const watched = {
    ...unwatched,
    store: storeWithLog(unwatched.store, log),
    clouds: signIns.watched(answers.watched(unwatched.clouds)),
  };
  const { installation, metricsPage } = measured({ ...opened, backend: watched });
  undo.defer(() => installation.close());
  undo.defer(await lockHost(app.storage.name));
  using dataFile = watchDataFile(app.storage.name);
  const { store, backend } = installation;
  const nowWorking = () => viewHost(store, { isLocked: true, nowMs: app.now() });
  const records = {
    store,
    now: app.now,
    host: nowWorking,
    memory: new RecipeMemory(store),
    get recipes() {
      return backend.recipes;
    },
  };
  let { signIn, oidc } = loaded.settings;
  let host: Host | null = null;
  using clock = new ClockWatch();
  const ready = { host: () => host, clock, signIns, recipes: () => backend.recipes.values() };
  const isAlive = () => host?.isAlive ?? true;
  const settings = async () => oidc;
  const people = new People({ settings, kept: new PeopleInMemory(app.now), now: app.now });
  const gate = new Gate(backend, { listen, signIn: () => signIn, people });
  const cleanUp = cleanUpActions(backend, () => backend.recipes);
  const actions = {
    ...backend,
    cleanUp,
    get recipes() {
      return backend.recipes;
    },
  };
  const api = apiSite({ records, actions }, gate);
  const live = new LiveUpdates(store);
  const { sessions } = gate;
  const { env, now } = app;
  const atProvider = new OidcSignIn({
    settings,
    people,
    sessions,
    attempts: ownAttempts(now),
    access: providerAccess(env),
    now,
    log,
  });
  const pages = pageGate(
    pageSite(records, answers, new CloudQuotas(backend.clouds, app.now)),
    { records, actions, gate },
    { live, oidc: atProvider },
  );
  const reading = await listening(listen, () =>
    serveHttp(
      {
        site: hostSite({
          records,
          gate,
          api,
          metrics: metricsPage(records),
          pages,
          isAlive,
          ready,
        }),
        log,
      },
      listen,
    ),
  );
  undo.defer(() => reading.close());
  undo.defer(() => live.close());
  const requests = new RequestsFirst();
  const webhooks = new WebhookServer(webhookSite(await openRoutes(backend), requests), log, {
    at: listenWebhooks ?? webhooksBeside(listen),
    isAlwaysOpen: listenWebhooks !== undefined,
  });
  undo.defer(() => webhooks.close());
  await webhooks.openFor(loaded);
  for (const warning of clouds.warnings) log.warn(warning);
  logWarnings(log, loaded);
  giveHeapRoom();
  const started = await Host.start({ ...installation, requests });
  host = started;
  undo.defer(() => started.stop());
  using sources = new SourceWatch(backend);
  const use = async (again: Loaded): Promise<void> => {
    if (await webhooks.openFor(again)) {
      log.info("taking webhooks", { webhooks: webhooks.urlsFor(again) });
    }
    installation.use(again);
    ({ signIn, oidc } = again.settings);
    await people.observe();
    sources.observe(again.recipes.values());
  };
  undo.use(new Reload({ ...files, since, read, use, on: backend, log }, loaded));
  const urls = webhooks.urlsFor(loaded);
  logStart(app, log, { url: reading.url, webhooks: urls, recipes: loaded.recipes });
  sources.observe(loaded.recipes.values());
  const manager = serviceManager(app.env, log);
  using _watched = watchdog(manager, isAlive);
  await manager.ready();
  const stopped = stopAsked.signal.aborted ? [] : once(stopAsked.signal, "abort");
  const why = await Promise.race([stopped, dataFile.gone]);
  endInTime(log);
  if (typeof why === "string") throw lostDataFile(app, why);
  log.info("stopping: what is at work is finished");
  await manager.stopping();
}

const STOP_WITHIN_MS = 8_000;

/** What is unfinished then goes on with the next start, as after a kill: neither a cloud nor a client holds up a stop. */
function endInTime(log: Log): void {
  setTimeout(() => {
    log.warn("stopped before all work was finished: the next start goes on with it");
    process.exit(process.exitCode ?? EXIT.done);
  }, STOP_WITHIN_MS).unref();
}

function lostDataFile({ storage, cwd }: App, how: "deleted" | "replaced"): CommandError {
  process.exitCode = EXIT.broken;
  return new CommandError(
    `The data file ${resolve(cwd, storage.name)} was ${how} while the host worked on it`,
    {
      status: EXIT.broken,
      code: "data-file-lost",
      remedy:
        "Put the newest copy of it back, with no -wal and -shm file beside it, then start again. Before you replace the file, stop the host",
    },
  );
}

const LOCK_TRIES = 10;
const LOCK_RETRY_MS = 200;

/** A command that looks whether a host runs holds the lock for an instant. */
async function lockHost(dataFile: string): Promise<() => void> {
  for (let attempt = 0; attempt < LOCK_TRIES; attempt++) {
    const letGo = takeHostLock(dataFile);
    if (letGo !== null) return letGo;
    await sleep(LOCK_RETRY_MS);
  }
  throw new CommandError(`Another process works on ${dataFile}`, {
    status: EXIT.broken,
    code: "second-host",
    remedy:
      "One host works on a data file: stop the other regild serve (a regild refresh --wait ends by itself), or name another file: --data FILE",
  });
}

function webhooksBeside(listen: ListenAddress): ListenAddress {
  return "port" in listen && listen.port === 0 ? listen : tcpAddress(DEFAULT_LISTEN_WEBHOOKS);
}

function logStart(
  app: App,
  log: Log,
  open: { url: string; webhooks: string[]; recipes: ReadonlyMap<string, Recipe> },
): void {
  const { url, webhooks, recipes } = open;
  const dataFile = resolve(app.cwd, app.storage.name);
  const recipesFile = resolve(app.cwd, app.recipesFile);
  const told = webhooks.length === 0 ? {} : { webhooks };
  log.info("serving", { url, recipes: recipes.size, recipesFile, dataFile, ...told });
  if (!app.output.err.isTTY) return;
  app.output.hint(
    `${counted(recipes.size, "recipe")} of ${app.recipesFile}, data in ${app.storage.name}, ${url}/v1/status. Ctrl-C ends it.`,
    ...(webhooks.length === 0 ? [] : [`Webhooks: POST ${webhooks.join(" ")}`]),
  );
}
