import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Queue, ReconcileRequest } from "../../shared/ports.ts";

export interface ReceivedMessage {
  /** Good until the message is received again. */
  receipt: string;
  /** JSON of a `ReconcileRequest`. */
  body: string;
  receives: number;
}

type Soon<Value> = Value | Promise<Value>;

/** A queue with its receiving side, as a host of functions uses it. */
export interface StepQueue extends Queue {
  /** Up to `max` messages, hidden from everybody else for so long. */
  receive: (queue: string, max: number, visibilitySeconds: number) => Soon<ReceivedMessage[]>;
  delete: (receipt: string) => Soon<void>;
  /** Visible again after so many seconds. */
  retry: (receipt: string, delaySeconds: number) => Soon<void>;
  /** To another queue, its receives counted anew: the dead letters. */
  move: (receipt: string, queue: string) => Soon<void>;
}

/** Two handles on one set of queues, as two processes have them, and their clock. */
export interface QueueUnderTest {
  queue: StepQueue;
  other: StepQueue;
  pass: (seconds: number) => Promise<void>;
  close: () => Promise<void>;
}

/** What hosts rely on in a queue: at least once, never two at once, delayed by whole seconds. */
export function describeQueue(name: string, open: () => Promise<QueueUnderTest>): void {
  describe(name, () => {
    let under: QueueUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    const STEPS = "check-status";
    const request = (version: number): ReconcileRequest => ({
      key: { pk: "R#web", sk: "run#1" },
      version,
    });
    const versionOf = ({ body }: ReceivedMessage): number =>
      Number(/"version":(\d+)/u.exec(body)?.[1]);

    it("hands out what was sent, as it was sent", async () => {
      const sent = { key: { pk: "R#büro 日本 💩", sk: 'run#"1"' }, version: 3 };
      await under.queue.send(STEPS, sent, 0);
      const [message, ...rest] = await under.other.receive(STEPS, 10, 30);
      expect(rest).toEqual([]);
      expect(JSON.parse(message?.body ?? "")).toEqual(sent);
      expect(message?.receives).toBe(1);
    });

    it("takes messages of up to 1 MB", async () => {
      const sent = { key: { pk: `R#${"x".repeat(1_000_000)}`, sk: "head" }, version: 3 };
      await under.queue.send(STEPS, sent, 0);
      const [message] = await under.other.receive(STEPS, 1, 30);
      expect(JSON.parse(message?.body ?? "")).toEqual(sent);
    });

    it("loses nothing of what many send and receive at once", async () => {
      const versions = Array.from({ length: 40 }, (_, index) => index + 1);
      await Promise.all(
        versions.map((version) =>
          (version % 2 === 0 ? under.queue : under.other).send(STEPS, request(version), 0),
        ),
      );
      const batches = await Promise.all(
        [under.queue, under.other, under.queue, under.other].map(async (queue) =>
          queue.receive(STEPS, 10, 30),
        ),
      );
      const received = batches.flat().map(versionOf);
      expect(received.toSorted((one, other) => one - other)).toEqual(versions);
    });

    it("keeps a message back for its delay", async () => {
      await under.queue.send(STEPS, request(1), 60);
      await under.pass(58);
      expect(await under.queue.receive(STEPS, 10, 30)).toEqual([]);
      await under.pass(3);
      expect(await under.queue.receive(STEPS, 10, 30)).toHaveLength(1);
    });

    it("refuses a delay that is no whole number of 0 to 900 seconds", async () => {
      for (const delay of [-1, 0.5, 901]) {
        await expect(under.queue.send(STEPS, request(1), delay)).rejects.toThrow(RangeError);
      }
      await under.queue.send(STEPS, request(1), 900);
    });

    it("gives no message to two workers while it is hidden", async () => {
      for (let version = 1; version <= 6; version += 1) {
        await under.queue.send(STEPS, request(version), 0);
      }
      const mine = await under.queue.receive(STEPS, 3, 30);
      const theirs = await under.other.receive(STEPS, 10, 30);
      expect(mine).toHaveLength(3);
      expect([...mine, ...theirs].map(versionOf).toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await under.queue.receive(STEPS, 10, 30)).toEqual([]);
    });

    it("hands a message out again when its worker stays silent, and counts", async () => {
      await under.queue.send(STEPS, request(1), 0);
      const [first] = await under.queue.receive(STEPS, 10, 30);
      await under.pass(29);
      expect(await under.other.receive(STEPS, 10, 30)).toEqual([]);
      await under.pass(2);
      const [second] = await under.other.receive(STEPS, 10, 30);
      expect(second).toMatchObject({ body: first?.body, receives: 2 });
      expect(second?.receipt).not.toBe(first?.receipt);
    });

    it("a deleted message does not come again", async () => {
      await under.queue.send(STEPS, request(1), 0);
      const [message] = await under.queue.receive(STEPS, 10, 30);
      await under.queue.delete(message?.receipt ?? "");
      await under.pass(60);
      expect(await under.queue.receive(STEPS, 10, 30)).toEqual([]);
    });

    it("a retried message comes after its delay, not after the time-out", async () => {
      await under.queue.send(STEPS, request(1), 0);
      const [message] = await under.queue.receive(STEPS, 10, 600);
      await under.queue.retry(message?.receipt ?? "", 10);
      await under.pass(8);
      expect(await under.queue.receive(STEPS, 10, 600)).toEqual([]);
      await under.pass(3);
      expect(await under.queue.receive(STEPS, 10, 600)).toMatchObject([{ receives: 2 }]);
    });

    it("an old receipt harms nothing that was received again", async () => {
      await under.queue.send(STEPS, request(1), 0);
      const [old] = await under.queue.receive(STEPS, 10, 10);
      await under.pass(11);
      const [current] = await under.other.receive(STEPS, 10, 10);
      await under.queue.delete(old?.receipt ?? "");
      await under.queue.retry(old?.receipt ?? "", 0);
      expect(await under.queue.receive(STEPS, 10, 10)).toEqual([]);
      await under.pass(11);
      const [again] = await under.queue.receive(STEPS, 10, 10);
      expect(again).toMatchObject({ body: current?.body, receives: 3 });
    });

    it("queues are apart; what is moved to the dead letters counts anew there", async () => {
      await under.queue.send(STEPS, request(1), 0);
      await under.queue.send("sweep", request(2), 0);
      const [message] = await under.queue.receive(STEPS, 10, 30);
      expect(message === undefined ? null : versionOf(message)).toBe(1);
      await under.queue.move(message?.receipt ?? "", "dead-letters");
      await under.pass(60);
      expect(await under.queue.receive(STEPS, 10, 30)).toEqual([]);
      expect(await under.queue.receive("dead-letters", 10, 30)).toMatchObject([
        { body: message?.body, receives: 1 },
      ]);
    });
  });
}
