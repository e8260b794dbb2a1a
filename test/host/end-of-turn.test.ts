import { expect, it } from "vitest";
import { endOfTurn } from "../../local/end-of-turn.ts";

it("all who wait in one turn of the event loop go on at its end, and none before", async () => {
  const order: string[] = [];
  const wait = async (name: string): Promise<void> => {
    await endOfTurn();
    order.push(name);
  };
  const waiting = [wait("first"), wait("second")];
  setImmediate(() => order.push("next in the queue of that turn"));
  await Promise.resolve();
  order.push("end of the work at hand");
  await Promise.all(waiting);
  expect(order).toEqual(["end of the work at hand", "first", "second"]);
});

it("who waits at the end of a turn waits for the end of the next one", async () => {
  await endOfTurn();
  let isNext = false;
  setImmediate(() => (isNext = true));
  await endOfTurn();
  expect(isNext).toBe(true);
});
