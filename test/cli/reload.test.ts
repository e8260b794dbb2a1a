import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { filesState, watchFiles } from "../../local/file-watch.ts";
import { imagesDocument } from "../../local/view/images.ts";
import { statusDocument } from "../../local/view/status.ts";
import { deliver, SENDERS } from "../package/webhook.ts";
import { openWorkplace, type Running, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

const ONE = "recipes: { web: { cloud: demo, server: web } }\n";
const TWO =
  "recipes: { web: { cloud: demo, server: web, keep: 7 }, data: { cloud: demo, volume: data } }\n";
const LOADED = '"recipes loaded again"';
const REFUSED = '"recipes refused: the ones loaded before stay in force"';

async function serving(place: Workplace) {
  place.write("recipes.yml", ONE);
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  return { host, url: field(host, "serving", "url") };
}

/** A field of the first line of the log with this message; of a list the first item. */
function field(host: Running, message: string, name: string): string {
  const lines = host.out().trimEnd().split("\n");
  const line = lines.find((each) => each.includes(`"message":"${message}"`)) ?? "{}";
  const value = z.record(z.string(), z.unknown()).parse(JSON.parse(line))[name];
  return String(Array.isArray(value) ? value[0] : value);
}

async function recipesOf(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/v1/status`);
  return statusDocument.parse(await answer.json()).recipes.map(({ recipe }) => recipe);
}

async function checked(place: Workplace) {
  const { status, out } = await place.regild("status", "--check", "-o", "json");
  return { status, ...statusDocument.parse(JSON.parse(out)) };
}

describe.concurrent("a host whose recipes change", () => {
  it("works by them at once, and takes webhooks from then on", async () => {
    await using place = await openWorkplace();
    const { host, url } = await serving(place);
    expect(await recipesOf(url)).toEqual(["web"]);
    place.write("recipes.yml", TWO);
    await host.said(LOADED);
    expect(host.out()).toMatch(/"added":\["data"\],"removed":\[\],"changed":\["web"\]/);
    expect(await recipesOf(url)).toEqual(["web", "data"]);

    place.write("regild.yml", SENDERS);
    place.write(
      "recipes.yml",
      "recipes: { web: { cloud: demo, server: web, webhook: { sender: ci, event: release } } }",
    );
    await host.said('"taking webhooks"');
    await vi.waitFor(async () => expect(await recipesOf(url)).toEqual(["web"]), 10_000);
    const webhooks = field(host, "taking webhooks", "webhooks");
    expect((await deliver(webhooks)).status).toBe(202);
    expect(await place.regild("watch", "web")).toMatchObject({ status: 0 });
  });

  it("has clean-ups go by changed rules at once", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", ONE);
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    const { host } = await serving(place);
    place.write("recipes.yml", TWO);
    await host.said('"clean-ups go by the changed recipe"');
    const { out } = await place.regild("images", "web", "-o", "json");
    expect(imagesDocument.parse(JSON.parse(out)).applied_rules?.keep).toBe(7);
  });

  it("logs what may start more runs than meant, at its start and after a change", async () => {
    await using place = await openWorkplace();
    const cron = 'schedule: [{ cron: "0 3 1-7 * SUN" }]';
    place.write("recipes.yml", `recipes: { web: { cloud: demo, server: web, ${cron} } }`);
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    const warning =
      /"level":"WARN"[^\n]*web\.schedule: \\"0 3 1-7 \* SUN\\" starts a run on each day/g;
    expect(host.err().match(warning)).toHaveLength(1);
    place.write("recipes.yml", `recipes: { web: { cloud: demo, server: web, keep: 4, ${cron} } }`);
    await host.said(LOADED);
    await vi.waitFor(() => expect(host.err().match(warning)).toHaveLength(2), 10_000);
  });

  it("reads them again on SIGHUP, and goes on", async () => {
    await using place = await openWorkplace();
    const { host, url } = await serving(place);
    host.kill("SIGHUP");
    await host.said('"recipes are as before"');
    expect(await recipesOf(url)).toEqual(["web"]);
    expect(await checked(place)).toMatchObject({ status: 0 });
    host.kill("SIGTERM");
    expect(await host.ended).toMatchObject({ status: 0 });
  });

  it("refuses a broken file, says so in the log and in status, and takes the corrected one", async () => {
    await using place = await openWorkplace();
    const { host, url } = await serving(place);
    place.write("recipes.yml", TWO.replace("keep: 7", "keep: five"));
    await host.said(REFUSED);
    // The host may have read the file while it was being written, and refused that too.
    await host.said('web.keep: \\"five\\" is not a number');
    expect(await recipesOf(url)).toEqual(["web"]);

    const broken = await checked(place);
    expect(broken).toMatchObject({ status: 7, recipes: [{ recipe: "web" }] });
    expect(broken.host?.recipes).toMatchObject({
      file: join(place.folder, "recipes.yml"),
      message: "1 problem",
      problems: [expect.stringContaining("web.keep")],
    });
    const { status, out, err } = await place.regild("status");
    expect(status).toBe(0);
    expect(out).toMatch(/recipes: refused .*recipes\.yml today/);
    expect(out).toMatch(/The recipes loaded today .* stay in force/);
    expect(err).toContain("regild recipes check");

    place.write("recipes.yml", TWO);
    await host.said(LOADED);
    expect(await checked(place)).toMatchObject({
      status: 0,
      host: { recipes: { refused_at: null, problems: [] } },
    });
    host.kill("SIGKILL");
    await host.ended;
    place.write("recipes.yml", "recipes: 7");
    expect(await place.regild("status")).toMatchObject({ status: 2, out: "" });
  });

  const mistakes: Array<[what: string, change: (place: Workplace) => void, says: string]> = [
    ["a deleted file", ({ folder }) => rmSync(join(folder, "recipes.yml")), "cannot be read"],
    [
      "an unknown cloud",
      (place) => place.write("recipes.yml", ONE.replace("demo", "other")),
      "cloud other",
    ],
    [
      "an unknown sender",
      (place) =>
        place.write(
          "recipes.yml",
          ONE.replace("server: web", "server: web, webhook: { sender: ci, event: x }"),
        ),
      "sender",
    ],
    [
      "senders that others may read",
      (place) => {
        place.write("regild.yml", SENDERS);
        chmodSync(join(place.folder, "regild.yml"), 0o644);
      },
      "others may read it",
    ],
  ];
  it.each(mistakes)("refuses %s, and keeps what was in force", async (_, change, says) => {
    await using place = await openWorkplace();
    const { host, url } = await serving(place);
    change(place);
    await host.said(REFUSED);
    // The host may have read half of the file first, and refused that.
    await vi.waitFor(() => expect(host.err()).toContain(says), { timeout: 20_000 });
    expect(await recipesOf(url)).toEqual(["web"]);
  });
});

describe.concurrent("a watch of files", () => {
  /** Counts the changes told of `file` while `change` is done, and for as long as one takes to be told. */
  async function told(change: (folder: string) => void, statEveryMs = 60_000): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), "regild-watch-"));
    const file = join(folder, "recipes.yml");
    writeFileSync(join(folder, "first"), "1");
    symlinkSync("first", join(folder, "link"));
    writeFileSync(file, "1");
    let times = 0;
    using _watch = watchFiles([file, join(folder, "link")], () => (times += 1), {
      settleMs: 100,
      statEveryMs,
    });
    change(folder);
    await sleep(1_000);
    rmSync(folder, { recursive: true });
    return times;
  }

  it.each<[what: string, change: (folder: string) => void]>([
    [
      "written in several steps",
      (folder) => {
        for (const text of ["", "1", "12", "123"]) writeFileSync(join(folder, "recipes.yml"), text);
      },
    ],
    [
      "replaced, as editors do",
      (folder) => {
        writeFileSync(join(folder, "new"), "2");
        renameSync(join(folder, "new"), join(folder, "recipes.yml"));
      },
    ],
    ["given another mode", (folder) => chmodSync(join(folder, "recipes.yml"), 0o600)],
    ["deleted", (folder) => rmSync(join(folder, "recipes.yml"))],
    [
      "reached by a link that leads elsewhere now, as Kubernetes does",
      (folder) => {
        writeFileSync(join(folder, "second"), "other");
        symlinkSync("second", join(folder, "link.new"));
        renameSync(join(folder, "link.new"), join(folder, "link"));
      },
    ],
  ])("tells once of a file that was %s", async (_, change) => {
    expect(await told(change)).toBe(1);
  });

  it("tells nothing of other files, nor of one that was only read", async () => {
    expect(await told((folder) => writeFileSync(join(folder, "other"), "x"))).toBe(0);
  });

  it("tells at once of a change since somebody read the file", () => {
    const folder = mkdtempSync(join(tmpdir(), "regild-watch-"));
    const file = join(folder, "recipes.yml");
    const toldSince = (since: string): number => {
      let times = 0;
      watchFiles([file], () => (times += 1), { since })[Symbol.dispose]();
      return times;
    };
    writeFileSync(file, "1");
    const since = filesState([file]);
    expect(toldSince(since)).toBe(0);
    writeFileSync(file, "12");
    expect(toldSince(since)).toBe(1);
    rmSync(folder, { recursive: true });
  });

  it("sees a change where the system tells of none", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "regild-watch-"));
    const target = join(elsewhere, "target");
    writeFileSync(target, "1");
    const change = (folder: string) => {
      symlinkSync(target, join(folder, "link.new"));
      renameSync(join(folder, "link.new"), join(folder, "link"));
      setTimeout(() => writeFileSync(target, "changed"), 400);
    };
    expect(await told(change, 200)).toBe(2);
    rmSync(elsewhere, { recursive: true });
  });
});
