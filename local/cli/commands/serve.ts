import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod/mini";
import { openLog } from "../../../shared/lambda/logger.ts";
import type { Log } from "../../../shared/ports.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import { Host } from "../../host.ts";
import { takeHostLock } from "../../host-lock.ts";
import { type Address, serveHttp } from "../../http-server.ts";
import { openRoutes } from "../../routes.ts";
import { serviceManager } from "../../service-manager.ts";
import { watchdog } from "../../watchdog.ts";
import { viewHost } from "../../view/host.ts";
import type { App } from "../app.ts";
import { cloudsOf, needClouds } from "../clouds.ts";
import { CommandError } from "../command-error.ts";
import { EXIT } from "../exit-status.ts";
import { refuseOnAws } from "../storage.ts";
import { goodRecipesAndSenders } from "../config-file.ts";
import { counted } from "../text/format.ts";
import { openData } from "../run-control.ts";
import { interruption } from "../signals.ts";
import type { Action } from "./action.ts";
import { prose } from "./prose.ts";

const DEFAULT_LISTEN = "127.0.0.1:8321";
const optionsSchema = z.object({ listen: z.object({ host: z.string(), port: z.int() }) });

export function addServe(program: Command, action: Action): void {
  program
    .command("serve")
    .summary("the host: starts runs by schedule, and does the work of all runs")
    .description(
      prose(`Runs until it is stopped: starts recipes by their schedules, works on every run, and deletes what the
recipes keep no longer. All of its memory is the data file; kill it and start it again at any time, it
goes on where it was. One host works on a data file. Changed recipes or senders: stop it and start it again.
Logs are JSON lines. Over HTTP, for reading: /healthz, /v1/status, /v1/runs, /v1/runs/RUN, /v1/images/RECIPE;
POST /webhooks/SENDER takes what the senders of regild.yml sign.`),
    )
    .addOption(
      new Option("--listen <host:port>", "where to answer HTTP; port 0 takes a free one")
        .argParser(address)
        .default(address(DEFAULT_LISTEN), DEFAULT_LISTEN),
    )
    .addHelpText(
      "after",
      `
Examples:
  regild serve
  regild serve --data /var/lib/regild/regild.sqlite --recipes /etc/regild/recipes.yml

SIGTERM or Ctrl-C: what is at work is finished, then it ends with 0. A second one ends it at once.`,
    )
    .action(
      action(async (app, { options }) => {
        const { listen } = optionsSchema.parse(options);
        await serve(app, listen);
        return EXIT.done;
      }),
    );
}

async function serve(app: App, listen: Address): Promise<void> {
  refuseOnAws(app.storage, "regild serve works on a data file");
  const { recipes, senders } = goodRecipesAndSenders(app);
  const clouds = cloudsOf(app);
  needClouds(clouds, recipes.values());
  const log = openLog();
  using stopAsked = interruption();
  await using undo = new AsyncDisposableStack();
  const installation = await openData(app, { recipes, senders, clouds }, log);
  undo.defer(() => installation.close());
  undo.defer(await lockHost(app.storage.name));
  const { store } = installation;
  const routes = await openRoutes(installation.backend);
  const nowWorking = () => viewHost(store, { isLocked: true, nowMs: app.now() });
  const records = { store, recipes, now: app.now, host: nowWorking };
  const http = await listenOn(listen, () => serveHttp({ records, routes, log }, listen));
  undo.defer(() => http.close());
  for (const warning of clouds.warnings) log.warn(warning);
  const host = await Host.start(installation);
  undo.defer(() => host.stop());
  tellStart(app, log, http.url, recipes);
  const manager = serviceManager(app.env, log);
  using _watched = watchdog(manager, () => host.isAlive);
  await manager.ready();
  if (!stopAsked.signal.aborted) await once(stopAsked.signal, "abort");
  log.info("stopping: what is at work is finished");
  await manager.stopping();
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

async function listenOn<Server>(listen: Address, open: () => Promise<Server>): Promise<Server> {
  try {
    return await open();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`HTTP on ${listen.host}:${listen.port}: ${reason}`, {
      status: EXIT.broken,
      code: "cannot-listen",
      remedy: "Name another address, or port 0 for a free one: --listen 127.0.0.1:0",
      cause: error,
    });
  }
}

function tellStart(app: App, log: Log, url: string, recipes: ReadonlyMap<string, Recipe>): void {
  const dataFile = resolve(app.cwd, app.storage.name);
  const recipesFile = resolve(app.cwd, app.recipesFile);
  const senders = new Set([...recipes.values()].flatMap(({ webhook }) => webhook?.sender ?? []));
  const webhooks = [...senders].map((sender) => `${url}/webhooks/${sender}`);
  const told = webhooks.length === 0 ? {} : { webhooks };
  log.info("serving", { url, recipes: recipes.size, recipesFile, dataFile, ...told });
  app.output.hint(
    `${counted(recipes.size, "recipe")} of ${app.recipesFile}, data in ${app.storage.name}, ${url}/v1/status. Ctrl-C ends it.`,
    ...(webhooks.length === 0 ? [] : [`Webhooks: POST ${webhooks.join(" ")}`]),
  );
}

function address(text: string): Address {
  const match = /^(?<host>\[[\da-fA-F:.]+\]|[^:]+):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(match?.["port"]);
  const host = match?.["host"]?.replace(/^\[|\]$/g, "");
  if (host === undefined || !(port <= 65_535)) {
    throw new InvalidArgumentError(`Write host:port, for example ${DEFAULT_LISTEN}`);
  }
  return { host, port };
}
