import { afterEach, describe, expect, it, vi } from "vitest";
import { openHostLog } from "../../local/host-log.ts";
import { about } from "../../shared/lambda/invocation.ts";
import { openLog } from "../../shared/lambda/logger.ts";
import type { Log } from "../../shared/ports.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function opened() {
  const writes: string[] = [];
  const stream = { write: (text: string) => (writes.push(text), true) };
  return { log: openHostLog({ stdout: stream, stderr: stream }), writes };
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it("writes the lines of one turn at once, in their order", async () => {
  const { log, writes } = opened();
  log.info("a");
  log.info("b");
  expect(writes).toEqual([]);
  await nextTurn();
  expect(writes).toEqual([expect.stringMatching(/^\{.*"a".*\}\n\{.*"b".*\}\n$/)]);
  log.info("c");
  await nextTurn();
  expect(writes).toHaveLength(2);
});

it("writes the lines that wait when the process exits", () => {
  const { log, writes } = opened();
  log.error("the last one");
  for (const release of process.listeners("exit").slice(-2)) release(0);
  expect(writes).toEqual([expect.stringContaining("the last one")]);
});

it("writes the time of a zone that is half an hour beside the others", async () => {
  vi.stubEnv("TZ", "America/St_Johns");
  vi.useFakeTimers({ now: Date.UTC(2026, 6, 4, 23, 59, 59, 7), toFake: ["Date"] });
  const { log, writes } = opened();
  log.info("a");
  await nextTurn();
  expect(writes.join("")).toContain('"timestamp":"2026-07-04T21:29:59.007-02:30"');
});

describe("each line is the one of Lambda's log", () => {
  const FIELDS: Array<Record<string, unknown> | undefined> = [
    undefined,
    { error: "a\u001b[2Jb\nc", status: 401, isGood: false },
    { nothing: null, empty: "", absent: undefined, zero: 0 },
    { urls: ["http://127.0.0.1:1", "http://[::1]:2"], nested: { a: { b: [1, { c: "d" }] } } },
    {
      level: "mine",
      service: "mine",
      message: "mine",
      timestamp: "mine",
      sampling_rate: 7,
      own: 1,
    },
  ];
  it.each(["", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])(
    "with TZ=%s",
    async (zone) => {
      vi.stubEnv("TZ", zone === "" ? undefined : zone);
      vi.useFakeTimers({ now: Date.UTC(2026, 6, 4, 23, 59, 59, 7), toFake: ["Date"] });
      const { log, writes } = opened();
      const library: string[] = [];
      const write = (text: unknown): boolean => (library.push(String(text)), true);
      vi.spyOn(process.stdout, "write").mockImplementation(write);
      vi.spyOn(process.stderr, "write").mockImplementation(write);
      for (const target of [log, openLog()]) all(target);
      await nextTurn();
      // The library says of each reserved name that it was dropped.
      const expected = library.filter(
        (text) => text.startsWith("{") && !text.includes("is a reserved key"),
      );
      expect(expected).toHaveLength(3 * FIELDS.length);
      expect(writes.join("").split("\n").toSorted()).toEqual(
        expected.join("").split("\n").toSorted(),
      );
    },
  );

  function all(log: Log): void {
    about({ function: "on-command", requestId: "r" }, () => {
      for (const fields of FIELDS) {
        log.info("said", fields);
        log.warn("warned", fields);
        log.error("failed", fields);
      }
    });
  }
});
