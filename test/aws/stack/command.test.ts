import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod/mini";
import { demoRecipes } from "../../../local/demo/demo-recipes.ts";
import { serveHttp } from "../../../local/http-server.ts";
import { randomIds } from "../../../local/ids.ts";
import { openInstallation } from "../../../local/installation.ts";
import { openRoutes } from "../../../local/routes.ts";
import { webhookSite } from "../../../local/webhook-site.ts";
import { PLATFORMS } from "../../../shared/chat/workspace.ts";
import { commit, unborn } from "../../../shared/protocol/actor.ts";
import { NO_SETTINGS, type Settings, storedText } from "../../../shared/settings/settings.ts";
import { openDatabase } from "../../../shared/sqlite/open.ts";
import { SqliteStore } from "../../../shared/sqlite/store.ts";
import { chatServers } from "../../chat/servers.ts";
import { ANYBODY_ANYTHING, workspaceOf } from "../../chat/workspaces.ts";
import { NOW } from "../../unit/builders.ts";
import { runAt, untilRun } from "./demo-runs.ts";
import { openDemoStack } from "./demo-stage.ts";

const LOG = { info: () => {}, warn: () => {}, error: () => {} };
/** Nobody may cancel: one of the samples is refused. */
const RULES = [{ ...ANYBODY_ANYTHING, commands: ["refresh", "status", "runs", "images"] as const }];
const SETTINGS: Settings = {
  ...NO_SETTINGS,
  chat: new Map(PLATFORMS.map((platform) => [platform, workspaceOf(platform, RULES)])),
};

let stage: Awaited<ReturnType<typeof openDemoStack>>;
beforeEach(async () => {
  stage = await openDemoStack({
    packagedRecipes: [...demoRecipes().values()],
    senders: () => storedText(SETTINGS),
    startAtMs: NOW,
  });
  stage.stack.stopSchedules();
});
afterEach(() => stage[Symbol.asyncDispose]());

/** One machine with the stack's name, so that runs get the same ids. */
async function openMachine() {
  const folder = mkdtempSync(join(tmpdir(), "regild-command-"));
  const dataFile = join(folder, "regild.sqlite");
  const db = openDatabase(dataFile);
  const installationId = { schema: 1, installationId: stage.backend.installationId };
  await commit(
    { store: new SqliteStore(db), ids: randomIds },
    unborn({ pk: "K#home", sk: "t" }, installationId),
    installationId,
    {
      sweepAtMs: null,
    },
  );
  db.close();
  const installation = await openInstallation({
    dataFile,
    clouds: {
      open: () => {
        throw new Error("a command asks no cloud");
      },
    },
    recipes: demoRecipes(),
    settings: SETTINGS,
    log: LOG,
  });
  const site = webhookSite(await openRoutes(installation.backend));
  const http = await serveHttp({ site, log: LOG }, { host: "127.0.0.1", port: 0 });
  return {
    url: http.url,
    [Symbol.asyncDispose]: async () => {
      await http.close();
      installation.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const answerSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

it("every sample is answered by the compiled template and by regild serve with the same bytes", async () => {
  await using machine = await openMachine();
  const files = globSync("events/on-command/*.json").toSorted();
  expect(files.length).toBeGreaterThan(10);
  const statuses: number[] = [];
  for (const file of files) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the samples are checked by test/functions
    const event = JSON.parse(readFileSync(file, "utf8")) as APIGatewayProxyEventV2;
    const onAws = answerSchema.parse(await stage.stack.function("on-command").invoke(event));
    const { host: _, "content-length": __, ...headers } = event.headers;
    const response = await fetch(machine.url + event.rawPath, {
      method: "POST",
      headers: z.record(z.string(), z.string()).parse(headers),
      body: Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8"),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect({ file, status: response.status }).toEqual({ file, status: onAws.statusCode });
    expect(bytes.equals(Buffer.from(onAws.body, "utf8"))).toBe(true);
    for (const [name, value] of Object.entries(onAws.headers)) {
      expect(response.headers.get(name)).toBe(value);
    }
    statuses.push(response.status);
  }
  expect(new Set(statuses)).toEqual(new Set([200, 401]));
  expect(stage.stack.troubles).toEqual([]);
});

it("a command from each platform leads to an image, and a repetition to none", async () => {
  const { httpApi, clock } = stage.stack.parts;
  const servers = chatServers((platform) => async (request) => {
    return httpApi.request({ method: "POST", path: `/chat/${platform}`, ...request });
  });
  const { slack } = servers;
  // No host that may be told: nothing leaves this machine.
  const address = "https://chat.invalid/commands/1";
  const shown = await slack.write({ text: "refresh web", id: "t-1", address, nowMs: clock.now() });
  const [, id = ""] = /Run (\S+)/.exec(shown.text) ?? [];
  const again = await slack.again();
  expect(again.text).toContain(id);
  const run = await untilRun(stage, id, ({ outcome }) => outcome !== null);
  expect(run).toMatchObject({
    outcome: "succeeded",
    trigger: { kind: "command", by: "anna (slack)" },
  });
  for (const server of Object.values(servers)) {
    const status = await server.write({ text: "status web", id: "t-2", nowMs: clock.now() });
    expect(status.text).toContain("web: succeeded");
    expect(status.text).toContain(id);
  }
  expect((await runAt(stage, id)).id).toBe(id);
  const { items } = await stage.backend.store.range("R#web", "report#", 5);
  expect(items).toEqual([]);
  expect(stage.stack.troubles).toEqual([]);
  expect(stage.stack.function("on-command").logs.join("\n")).not.toContain(
    "xyzz0WbapA4vBCDEFasx0q6G",
  );
});
