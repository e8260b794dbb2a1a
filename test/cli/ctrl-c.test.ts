import { describe, expect, it, vi } from "vitest";
import { runDocument } from "../../local/view/run-report.ts";
import { fileURLToPath } from "node:url";
import { openWorkplace, type Program } from "./workplace.ts";

vi.setConfig({ testTimeout: 90_000 });

const STOPPED = `
recipes:
  web: { cloud: demo, server: web, prepare: { stop_server: true } }
  data: { cloud: demo, volume: data }
`;
const LONG = { uploadSeconds: () => 600 };
const CTRL_C = "\u0003";

/** Gives the program a terminal of its own. The test writes its input. `exec`: a shell that waits dies of Ctrl-C itself. */
const ON_A_TERMINAL: Program = [
  "script",
  "--quiet",
  "--return",
  "--command",
  `stty cols 100 rows 30; exec "${process.execPath}" "${fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url))}" refresh web --wait`,
  "/dev/null",
];

async function stoppedPlace(program?: Program) {
  const place = await openWorkplace(LONG, { TERM: "xterm" }, program);
  place.write("recipes.yml", STOPPED);
  return place;
}

function web(place: Awaited<ReturnType<typeof openWorkplace>>) {
  place.cloud.settle();
  return [...place.cloud.world.servers.values()].find(({ name }) => name === "web")?.vmState;
}

describe("Ctrl-C without a host", () => {
  it("says which server is off and how to go on or undo, and both commands do so", async () => {
    await using place = await stoppedPlace();
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said("● check-status");
    watching.kill("SIGINT");
    const { status, err } = await watching.ended;
    expect(status).toBe(130);
    const lines = err.trimEnd().split("\n").slice(-2);
    expect(lines[0]).toMatch(
      /^Stopped\. web is still SWITCHED OFF and run web-\S+ is unfinished\.$/,
    );
    expect(lines[1]).toMatch(
      /^Continue: regild refresh web --wait {3}Undo: regild cancel web-\S+ --wait$/,
    );
    expect(web(place)).toBe("stopped");

    const all = await place.regild("status");
    expect(all.out).toMatch(/nobody works on it since .*, web is SWITCHED OFF since \d\d:\d\d/);
    const one = await place.regild("status", "web");
    expect(one.out).toMatch(/^check-status, nobody works .*, web is SWITCHED OFF since \d\d:\d\d/);
    expect(one.out).toMatch(/Undo +regild cancel web-\S+ --wait/);
    const told = await place.regild("status", "web", "-o", "json");
    const { run } = runDocument.parse(JSON.parse(told.out));
    expect(run.server_off).toMatchObject({ name: "web", certain: true });

    const going = await place.regild("refresh", "web", "--wait", "--timeout", "1s");
    expect(going.status).toBe(5);
    expect(going.err).toMatch(/Stopped: --timeout has passed\. web is still SWITCHED OFF/);
    place.pass(600);
    const undone = await place.regild(
      ...(/regild (cancel .*)$/.exec(lines[1] ?? "")?.[1] ?? "").split(" "),
    );
    expect(undone.status).toBe(0);
    expect(web(place)).toBe("active");
    expect((await place.regild("status")).out).not.toContain("SWITCHED OFF");
  });

  it("says that no server is off when none is", async () => {
    await using place = await stoppedPlace();
    const watching = place.begin("refresh", "data", "--wait");
    await watching.said("● check-status");
    watching.kill("SIGTERM");
    const { status, err } = await watching.ended;
    expect(status).toBe(130);
    expect(err).toMatch(/Stopped\. No server is switched off, but run data-\S+ is unfinished\.\n/);
    expect(err).toContain("Continue: regild refresh data --wait   Undo: regild cancel data-");
  });
});

describe("Ctrl-C with a host", () => {
  it("ends the watching, and the run goes on", async () => {
    await using place = await stoppedPlace();
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said("serving");
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said("● check-status");
    watching.kill("SIGINT");
    const { status, err } = await watching.ended;
    expect(status).toBe(130);
    expect(err).toMatch(/The watching has ended; run web-\S+ goes on/);
    expect(err).not.toContain("SWITCHED OFF");
    expect((await place.regild("status")).out).toMatch(/deadline .*, web is SWITCHED OFF since/);
  });
});

describe("Ctrl-C on a terminal", () => {
  it("undoes the run when that is the answer, and stays until the server runs", async () => {
    await using place = await stoppedPlace(ON_A_TERMINAL);
    const watching = place.begin();
    await watching.said("check-status");
    watching.type(CTRL_C);
    await watching.said("[u]ndo");
    expect(watching.out()).toContain("web is SWITCHED OFF.");
    place.pass(600);
    watching.type("u\r");
    const { status, out } = await watching.ended;
    expect(status).toBe(4);
    expect(out).toContain("cancelled");
    expect(web(place)).toBe("active");
  });

  it("goes on when that is the answer, and asks again", async () => {
    await using place = await stoppedPlace(ON_A_TERMINAL);
    const watching = place.begin();
    await watching.said("check-status");
    watching.type(CTRL_C);
    await watching.said("[u]ndo");
    watching.type("g\r");
    await expect
      .poll(() => watching.out().split("[u]ndo")[1], { timeout: 5000 })
      .toContain("check-status");
    watching.type(CTRL_C);
    await expect.poll(() => watching.out().split("[u]ndo").length, { timeout: 5000 }).toBe(3);
    watching.type("l\r");
    const { status, out } = await watching.ended;
    expect(status).toBe(130);
    expect(out).toMatch(/Stopped\. web is still SWITCHED OFF and run web-\S+ is unfinished/);
  });

  it("leaves at once upon a second one", async () => {
    await using place = await stoppedPlace(ON_A_TERMINAL);
    const watching = place.begin();
    await watching.said("check-status");
    watching.type(CTRL_C);
    await watching.said("[u]ndo");
    watching.type(CTRL_C);
    const { status, out } = await watching.ended;
    expect(status).toBe(130);
    expect(out).toMatch(/Stopped\. web is still SWITCHED OFF and run web-\S+ is unfinished/);
    expect(web(place)).toBe("stopped");
  });
});
