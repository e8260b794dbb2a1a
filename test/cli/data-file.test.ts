import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { isHostLocked, takeHostLock } from "../../local/host-lock.ts";
import { openDatabase } from "../../shared/sqlite/open.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

async function serve(place: Workplace, ...args: string[]) {
  const host = place.begin("serve", "--listen", "127.0.0.1:0", ...args);
  await host.said("serving");
  const [line = ""] = host.out().split("\n");
  return { host, url: new URL(z.object({ url: z.string() }).parse(JSON.parse(line)).url) };
}

describe.concurrent("nobody but the owner may read", () => {
  it.each([
    ["a new data file", null],
    ["one that an earlier version made", 0o644],
    ["one that its group may write", 0o660],
  ])("%s, its journal, its shared memory and its lock", async (_case, earlier) => {
    await using place = await openWorkplace();
    const file = join(place.folder, "regild.sqlite");
    if (earlier !== null) {
      openDatabase(file).close();
      chmodSync(file, earlier);
    }
    await serve(place);
    for (const each of [file, `${file}-wal`, `${file}-shm`, `${file}.host`]) {
      expect([each, mode(each)]).toEqual([each, "600"]);
    }
  });
});

describe.concurrent("one file has one lock, named", () => {
  it.each([
    [
      "by a symbolic link",
      (place: Workplace) => symlinkSync("regild.sqlite", join(place.folder, "l")),
      "l",
    ],
    [
      "through a linked folder",
      (place: Workplace) => symlinkSync(place.folder, join(place.folder, "here")),
      "here/regild.sqlite",
    ],
    ["by another spelling", () => {}, ".//./regild.sqlite"],
  ])("%s", async (_case, link, name) => {
    await using place = await openWorkplace();
    openDatabase(join(place.folder, "regild.sqlite")).close();
    link(place);
    const letGo = takeHostLock(join(place.folder, "regild.sqlite"));
    const other = `${place.folder}/${name}`;
    expect(isHostLocked(other)).toBe(true);
    const second = await place.regild("serve", "--listen", "127.0.0.1:0", "--data", other);
    expect(second).toMatchObject({
      status: 1,
      err: expect.stringContaining("Another process works on"),
    });
    letGo?.();
    expect(isHostLocked(other)).toBe(false);
  });

  it("by a hard link: such a file is refused, since SQLite would damage it", async () => {
    await using place = await openWorkplace();
    const file = join(place.folder, "regild.sqlite");
    openDatabase(file).close();
    linkSync(file, join(place.folder, "h.sqlite"));
    for (const name of ["regild.sqlite", "h.sqlite"]) {
      const { status, err } = await place.regild("serve", "--data", name);
      expect(status).toBe(1);
      expect(err).toContain("has 2 names (hard links)");
    }
  });
});

describe.concurrent("a host whose data file is", () => {
  it.each([
    ["deleted", (file: string) => rmSync(file), "was deleted while"],
    ["moved away", (file: string) => renameSync(file, `${file}.old`), "was deleted while"],
    [
      "replaced by a copy",
      (file: string) => {
        cpSync(file, `${file}.copy`);
        renameSync(`${file}.copy`, file);
      },
      "was replaced while",
    ],
  ])("%s says so and ends with 1", async (_case, act, said) => {
    await using place = await openWorkplace();
    const { host } = await serve(place);
    act(join(place.folder, "regild.sqlite"));
    const { status, err } = await host.ended;
    expect(status).toBe(1);
    expect(err).toContain(said);
    expect(err).toContain("Put the newest copy of it back");
  });
});

describe.concurrent("a stopped host ends within ten seconds", () => {
  const ends = async (host: Awaited<ReturnType<typeof serve>>["host"]) => {
    const beganMs = Date.now();
    host.kill("SIGTERM");
    expect((await host.ended).status).toBe(0);
    return Date.now() - beganMs;
  };

  it.each([
    [
      "sends a request in part",
      "POST /webhooks/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx",
    ],
    ["never ends its headers", "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-A: "],
    ["sends nothing at all", ""],
  ])("though a client %s", async (_case, text) => {
    await using place = await openWorkplace();
    const { host, url } = await serve(place);
    const client = connect(Number(url.port), "127.0.0.1").on("error", () => {});
    await new Promise((resolve) => client.write(text || " ", resolve));
    expect(await ends(host)).toBeLessThan(10_000);
    client.destroy();
  });

  it("though a cloud takes a call and never answers", async () => {
    let called = () => {};
    const asked = new Promise<void>((resolve) => (called = resolve));
    const silent = createServer(() => called());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : 0;
    await using place = await openWorkplace();
    const clouds = place.read("clouds.yaml");
    place.write(
      "clouds.yaml",
      clouds.replace(/auth_url: .*/, `auth_url: http://127.0.0.1:${port}`),
    );
    const { host } = await serve(place);
    await place.regild("refresh", "web");
    await asked;
    expect(await ends(host)).toBeLessThan(10_000);
    silent.closeAllConnections();
    silent.close();
  });
});

describe.concurrent("a data file of a newer version is refused before anything is written to it", () => {
  const newer = (file: string, journal: string) => {
    const db = new DatabaseSync(file);
    db.exec(`PRAGMA journal_mode = ${journal}; CREATE TABLE item (x); PRAGMA user_version = 3`);
    return db;
  };

  it.each(["serve", "status", "refresh web --wait"])("by regild %s", async (command) => {
    await using place = await openWorkplace();
    const file = join(place.folder, "regild.sqlite");
    newer(file, "DELETE").close();
    const before = readFileSync(file);
    const { status, err } = await place.regild(...command.split(" "));
    expect(status).toBe(1);
    expect(err).toContain("was written by another version of Regild (schema 3, this one reads 2)");
    expect(err).toContain("put back the copy that was made before the upgrade");
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(() => statSync(`${file}-wal`)).toThrow("ENOENT");
  });

  it("also where its version is in the journal still", async () => {
    await using place = await openWorkplace();
    const file = join(place.folder, "regild.sqlite");
    const db = newer(file, "WAL");
    const before = readFileSync(file);
    const wal = readFileSync(`${file}-wal`);
    expect((await place.regild("status")).err).toContain("schema 3, this one reads 2");
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readFileSync(`${file}-wal`).equals(wal)).toBe(true);
    db.close();
  });

  it("also through a symbolic link", async () => {
    await using place = await openWorkplace();
    newer(join(place.folder, "real.sqlite"), "DELETE").close();
    symlinkSync("real.sqlite", join(place.folder, "regild.sqlite"));
    const before = readFileSync(join(place.folder, "real.sqlite"));
    expect((await place.regild("status")).status).toBe(1);
    expect(readFileSync(join(place.folder, "real.sqlite")).equals(before)).toBe(true);
  });
});

it.each([
  ["no cloud of this name", (clouds: string) => clouds.replace("demo:", "other:")],
  ["no password", (clouds: string) => clouds.replace(/ *password: .*\n/, "")],
])("is not made by a refresh that clouds.yaml refuses: %s", async (_, spoiled) => {
  await using place = await openWorkplace();
  place.write("clouds.yaml", spoiled(place.read("clouds.yaml")));
  const { status, err } = await place.regild("refresh", "web", "--wait");
  expect(status).toBe(2);
  expect(err).not.toContain("making it");
  expect(existsSync(join(place.folder, "regild.sqlite"))).toBe(false);
});
