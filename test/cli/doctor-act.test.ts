import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";
import { doctorDocument } from "../../local/view/checks.ts";
import { openWorkplace, type Program, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 120_000 });

const SERVER = ["--server-image", "base", "--server-flavor", "sim.tiny"];
const FAST = { volumeSeconds: 0.1, snapshotSeconds: 0.1, bootSeconds: 0.1 };

/** Names of everything that is there now. */
function names({ cloud }: Workplace): string[] {
  cloud.settle();
  const { volumes, snapshots, servers, firstZone } = cloud.world;
  return [volumes, snapshots, servers, firstZone.images]
    .flatMap((map) => [...map.values()])
    .map(({ name }) => name ?? "")
    .toSorted();
}

it("doctor --act --yes proves the rights and leaves nothing", async () => {
  await using place = await openWorkplace(FAST);
  const before = names(place);
  const { status, out } = await place.regild("doctor", "--act", "--yes", ...SERVER, "-o", "json");
  const document = doctorDocument.parse(JSON.parse(out));
  const findings = document.clouds.flatMap((one) => one.findings);
  expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
  expect(status).toBe(0);
  expect(document.acted).toBe(true);
  for (const act of ["make a volume of 1 GiB: done", "stop it: done", "start it: done"])
    expect(findings.map(({ message }) => message)).toContain(act);
  expect(names(place)).toEqual(before);
});

it("doctor --act makes nothing where nobody can be asked, or with options that do not fit", async () => {
  await using place = await openWorkplace(FAST);
  const before = names(place);
  for (const [args, message] of [
    [["--act"], /Write regild doctor --act --yes/],
    [["--act", "--yes", "--server-image", "base"], /A server needs an image and a flavor/],
    [["--yes"], /belong to --act/],
  ] as const) {
    const { status, err } = await place.regild("doctor", ...args);
    expect(status).toBe(2);
    expect(err).toMatch(message);
  }
  expect(names(place)).toEqual(before);
});

it("a reader: each refusal names the policy rule, and the command exits with 7", async () => {
  await using place = await openWorkplace({ ...FAST, roles: ["reader"] });
  const { status, out } = await place.regild("doctor", "--act", "--yes");
  expect(status).toBe(7);
  expect(out).toContain("policy rule add_image (by default, role member has it)");
  expect(out).toContain("policy rule volume:create (by default, role member has it)");
  expect(out).toContain("nothing is left");
});

/** A doctor that has made a server, and waits for it to boot. */
async function doctorWithServer(place: Workplace) {
  const acting = place.begin("doctor", "--act", "--yes", ...SERVER);
  await vi.waitFor(
    () => expect(names(place).some((name) => /^regild-doctor-.*-server$/.test(name))).toBe(true),
    { timeout: 60_000 },
  );
  return acting;
}

it("Ctrl-C during --act removes what was made, and exits with 130", async () => {
  await using place = await openWorkplace({ ...FAST, bootSeconds: 600 });
  const before = names(place);
  const acting = await doctorWithServer(place);
  acting.kill("SIGINT");
  const { status, out } = await acting.ended;
  expect(out).toContain("Ctrl-C: the other acts were not tried");
  expect(out).toContain("nothing is left of what was made");
  expect(status).toBe(130);
  expect(names(place)).toEqual(before);
});

it("what a killed doctor left behind is removed by the next one", async () => {
  await using place = await openWorkplace({ ...FAST, bootSeconds: 600 });
  const before = names(place);
  const acting = await doctorWithServer(place);
  acting.kill("SIGKILL");
  await acting.ended;
  expect(names(place)).not.toEqual(before);
  const { out } = await place.regild("doctor", "--act", "--yes");
  expect(out).toMatch(/delete the server \S+ that an earlier doctor left behind/);
  expect(names(place)).toEqual(before);
});

const ON_A_TERMINAL: Program = [
  "script",
  "--quiet",
  "--return",
  "--command",
  `stty cols 100 rows 30; exec "${process.execPath}" "${fileURLToPath(new URL("../../local/bin/regild.cjs", import.meta.url))}" doctor --act`,
  "/dev/null",
];

it.each([
  ["n\n", 6, false],
  ["y\n", 0, true],
])("on a terminal it asks before it acts, and %j ends with %i", async (typed, expected, acted) => {
  await using place = await openWorkplace(FAST, { TERM: "xterm" }, ON_A_TERMINAL);
  const before = names(place);
  const acting = place.begin();
  await acting.said("[y]es, or [n]o?");
  acting.type(typed);
  const { status, out } = await acting.ended;
  expect(status).toBe(expected);
  expect(out).toContain("a volume of 1 GiB, a snapshot of it.");
  expect(out.includes("make a volume of 1 GiB: done")).toBe(acted);
  expect(names(place)).toEqual(before);
});
