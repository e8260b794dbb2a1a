import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deadLettersDocument, retryDocument } from "../../local/view/dead-letters.ts";
import { errorDocument } from "../../local/view/document.ts";
import { statusDocument } from "../../local/view/status.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { run } from "../unit/builders.ts";
import { openDataFile } from "./dead-letters.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 30_000 });

const STUCK = "web-20261123-093012-k3f9q2";
const ENDED = "db-20261123-093015-m4c81t";
const UNREADABLE = "old-20261123-093018-p07xza";
const FOREIGN = '{"Event":"s3:TestEvent"}';

/** A folder whose data file has a dead letter of each kind. */
async function openDeadLetters() {
  const place = await openWorkplace();
  const { queue, write, deadLetterOf, foreign, closeFile } = openDataFile(place.folder);
  const undoing = run({ step: "abandon" });
  await write(runKey(STUCK), { ...undoing, id: STUCK }, 0);
  await deadLetterOf(runKey(STUCK), "abandon");
  await write(runKey(ENDED), { ...undoing, id: ENDED, recipeName: "db" }, 0);
  await deadLetterOf(runKey(ENDED), "abandon");
  await write(runKey(ENDED), { ...undoing, id: ENDED, recipeName: "db", outcome: "failed" }, 1);
  await write(runKey(UNREADABLE), { ...undoing, schema: 3, step: "check-status" }, 0);
  await deadLetterOf(runKey(UNREADABLE), "abandon");
  await foreign(FOREIGN, "check-status");
  await foreign("of an unknown queue", null);
  const bodies = async (name: string) => (await queue.receive(name, 10, 0)).map(({ body }) => body);
  const close = async () => {
    closeFile();
    await place[Symbol.asyncDispose]();
  };
  return { place, bodies, close };
}

describe("regild retry, when nobody has put anything back", () => {
  let place: Workplace;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ place, close } = await openDeadLetters());
  });
  afterAll(() => close());

  it("lists what nobody could process: when, what, where, what was done, and the error", async () => {
    const { status, out, err } = await place.regild("retry");
    expect(status).toBe(0);
    const [header, ...lines] = out.trimEnd().split("\n");
    expect(header).toMatch(/^WHEN +ID +OF +QUEUE +DONE +ERROR$/);
    expect(lines).toHaveLength(5);
    const row = (text: string) => lines.find((line) => line.includes(text));
    expect(row(STUCK)).toMatch(/today .* run +abandon +left to the sweep +TypeError: image is un/);
    expect(row(UNREADABLE)).toMatch(/record unreadable/);
    expect(row("ZodError")).toMatch(
      /– +check-status +not Regild's, kept +ZodError: key: Invalid input/,
    );
    expect(err).toContain("use the version that wrote it");
    expect(err).toContain("regild retry --all");
  });

  it("tells a program all of it", async () => {
    const { out } = await place.regild("retry", "-o", "json");
    const { dead_letters: deadLetters } = deadLettersDocument.parse(JSON.parse(out));
    const states = Object.fromEntries(deadLetters.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ [STUCK]: "stuck", [ENDED]: "resolved", [UNREADABLE]: "stuck" });
    const foreign = deadLetters.filter(({ done }) => done === "not_ours").map(({ body }) => body);
    expect(foreign).toContain(FOREIGN);
  });

  it("is named by status, which --check fails for", async () => {
    const { status, out, err } = await place.regild("status", "--check", "-o", "json");
    expect(statusDocument.parse(JSON.parse(out)).stuck_dead_letters).toBe(2);
    expect(err).toContain("2 dead letters need you: regild retry");
    expect(status).toBe(7);
  });

  it("an unreadable record hides no other run, and is called what it is", async () => {
    const runs = await place.regild("runs");
    expect(runs).toMatchObject({ status: 0, out: expect.stringContaining(STUCK) });
    const { err } = await place.regild("status", UNREADABLE);
    expect(err).toMatch(/another version of Regild, or damaged.*\n→ regild retry/);
  });

  it.each([
    ["nothing that --dry-run is of", ["--dry-run"], /Name dead letters, or write --all/],
    ["names and --all", ["--all", STUCK], /Name dead letters, or write --all/],
    ["a name of no dead letter", ["nosuch"], /regild retry lists them/],
  ])("refuses %s", async (_what, args, remedy) => {
    const { status, out } = await place.regild("retry", ...args, "-o", "json");
    expect(status).toBe(2);
    expect(errorDocument.parse(JSON.parse(out)).error.remedy).toMatch(remedy);
  });
});

describe.concurrent("regild retry puts back", () => {
  it("nothing with --dry-run, but says what it would", async () => {
    const { place, bodies, close } = await openDeadLetters();
    const { status, out } = await place.regild("retry", "--all", "--dry-run");
    expect(status).toBe(0);
    expect(out).toContain(`${STUCK} would be sent to abandon`);
    expect(out).toContain(`${UNREADABLE} would be sent to check-status`);
    expect(out).not.toContain(ENDED);
    expect(await bodies("abandon")).toEqual([]);
    await close();
  });

  it("all that it is of use for, once", async () => {
    const { place, bodies, close } = await openDeadLetters();
    const { status, err } = await place.regild("retry", "--all");
    expect(status).toBe(0);
    expect(err).toContain("No host runs on regild.sqlite: it is taken up once one does");
    expect(await bodies("abandon")).toEqual([JSON.stringify({ key: runKey(STUCK), version: 1 })]);
    expect(await bodies("check-status")).toContain(FOREIGN);
    const list = await place.regild("retry");
    expect(list.out).toMatch(/put back today/);
    const again = await place.regild("retry", "--all");
    expect(again).toMatchObject({ status: 0, out: "No dead letter has to be put back.\n" });
    await close();
  });

  it("no run that has ended: it says so, names what does its work, and puts back the others", async () => {
    const { place, bodies, close } = await openDeadLetters();
    const { status, out } = await place.regild("retry", ENDED, "web-20261123", "-o", "json");
    expect(status).toBe(6);
    expect(retryDocument.parse(JSON.parse(out))).toMatchObject({
      dry_run: false,
      retried: [
        {
          id: ENDED,
          action: "refuse",
          code: "ended",
          message: `Run ${ENDED} has ended: failed`,
          remedy: "To start again: regild refresh db",
        },
        { id: STUCK, action: "send", queue: "abandon", code: null },
      ],
    });
    expect(await bodies("abandon")).toHaveLength(1);
    await close();
  });
});
