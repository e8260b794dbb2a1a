import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RequestsFirst } from "../../local/requests-first.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function opened() {
  const requests = new RequestsFirst();
  const done: string[] = [];
  const begin = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void requests.answer(() => promise).then(() => done.push("answer"));
    return resolve;
  };
  const wait = async () => {
    await requests.whenNone();
    done.push("work");
  };
  return { requests, done, begin, wait };
}

it("work begins at once where no request is open", async () => {
  const { done, wait } = opened();
  void wait();
  await vi.advanceTimersByTimeAsync(0);
  expect(done).toEqual(["work"]);
});

it("work waits for the answers, also to a request that follows another at once", async () => {
  const { done, begin, wait } = opened();
  const first = begin();
  void wait();
  first();
  await vi.advanceTimersByTimeAsync(5);
  const second = begin();
  await vi.advanceTimersByTimeAsync(50);
  expect(done).toEqual(["answer"]);
  second();
  await vi.advanceTimersByTimeAsync(10);
  expect(done).toEqual(["answer", "answer", "work"]);
});

it("requests without an end hold work up for a quarter of a second", async () => {
  const { done, begin, wait } = opened();
  begin();
  void wait();
  await vi.advanceTimersByTimeAsync(249);
  expect(done).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toEqual(["work"]);
});

it("a request that fails is open no longer", async () => {
  const { requests, done, wait } = opened();
  const failed = requests.answer(async () => {
    throw new Error("broken");
  });
  await expect(failed).rejects.toThrow("broken");
  void wait();
  await vi.advanceTimersByTimeAsync(10);
  expect(done).toEqual(["work"]);
});
