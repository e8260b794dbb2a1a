import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { gatheredLog } from "../../local/gathered-log.ts";

function opened() {
  const writes: string[] = [];
  const sink = () =>
    new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => (writes.push(text), done()),
      writev: (chunks, done) => (
        writes.push(chunks.map(({ chunk }) => String(chunk)).join("")),
        done()
      ),
    });
  const streams = { stdout: sink(), stderr: sink() };
  const line = (stream: Writable) => (message: string) => void stream.write(`${message}\n`);
  const log = gatheredLog(
    { info: line(streams.stdout), warn: line(streams.stderr), error: line(streams.stderr) },
    streams,
  );
  return { log, writes };
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

it("writes the lines of one turn at once, in their order", async () => {
  const { log, writes } = opened();
  log.info("a");
  log.info("b");
  expect(writes).toStrictEqual([]);
  await nextTurn();
  expect(writes).toStrictEqual(["a\nb\n"]);
  log.info("c");
  await nextTurn();
  expect(writes).toStrictEqual(["a\nb\n", "c\n"]);
});

it("writes the lines that wait when the process exits", () => {
  const { log, writes } = opened();
  log.error("the last one");
  for (const release of process.listeners("exit").slice(-2)) release(0);
  expect(writes).toStrictEqual(["the last one\n"]);
});
