import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OwnHost } from "../../local/cli/own-host.ts";
import { takeHostLock } from "../../local/host-lock.ts";
import { type Installation, openInstallation } from "../../local/installation.ts";
import { start } from "../../shared/protocol/start.ts";
import { WEB } from "./records.ts";

let folder: string;
let dataFile: string;
let installation: Installation;
let ownHost: OwnHost;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "regild-own-host-"));
  dataFile = join(folder, "regild.sqlite");
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const clouds = {
    open: () => {
      throw new Error("no cloud is looked at in these tests");
    },
  };
  installation = await openInstallation({ dataFile, clouds, recipes: new Map(), log });
  ownHost = new OwnHost(installation, { dataFile, needCloudsOf: () => {} });
});
afterEach(async () => {
  await ownHost.stop();
  installation.close();
  rmSync(folder, { recursive: true });
});

it("works when nobody else does, and keeps others from working meanwhile", async () => {
  expect(ownHost.isNeeded()).toBe(true);
  expect(await ownHost.takeOver()).toBe(true);
  expect(takeHostLock(dataFile)).toBeNull();
  await ownHost.stop();
  expect(ownHost.isNeeded()).toBe(true);
});

it("leaves the work to the host that runs", async () => {
  const letGo = takeHostLock(dataFile);
  expect(ownHost.isNeeded()).toBe(false);
  expect(await ownHost.takeOver()).toBe(false);
  expect(ownHost.isWorking).toBe(false);
  letGo?.();
});

it("takes over from a host that has gone, but not from one that is started again", async () => {
  let letGo = takeHostLock(dataFile);
  expect(await ownHost.takeOverIfAbandoned(0)).toBe(false);
  letGo?.();
  expect(await ownHost.takeOverIfAbandoned(2_000)).toBe(false);
  letGo = takeHostLock(dataFile);
  expect(await ownHost.takeOverIfAbandoned(20_000)).toBe(false);
  letGo?.();
  expect(await ownHost.takeOverIfAbandoned(22_000)).toBe(false);
  expect(await ownHost.takeOverIfAbandoned(36_999)).toBe(false);
  expect(await ownHost.takeOverIfAbandoned(39_000)).toBe(true);
  expect(ownHost.isWorking).toBe(true);
});

it("touches nothing when a run at work needs a cloud that is not described here", async () => {
  const { backend } = installation;
  const trigger = { kind: "command", by: "anna", id: "t" } as const;
  const id = await start(backend, backend.installationId, WEB, trigger);
  const strict = new OwnHost(installation, {
    dataFile,
    needCloudsOf: (runs) => {
      throw new Error(`no cloud for ${runs.map(({ run }) => run.id).join()}`);
    },
  });
  await expect(strict.takeOver()).rejects.toThrow(`no cloud for ${id}`);
  expect(strict.isWorking).toBe(false);
  expect(strict.isNeeded()).toBe(true);
});

it("starts nothing by schedule", async () => {
  const everyMinute = { ...WEB, schedule: [{ cron: "* * * * *", timezone: "UTC" }] };
  installation.backend.recipes = new Map([["web", everyMinute]]);
  const tick = { pk: "K#tick", sk: "t" };
  await ownHost.takeOver();
  await ownHost.stop();
  expect(await installation.store.get(tick)).toBeNull();
});
