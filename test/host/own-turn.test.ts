import { expect, it } from "vitest";
import { ownTurn } from "../../local/own-turn.ts";

/** Counts the turns of the event loop until the work has ended. */
async function turnsOf(work: (turn: () => number) => Promise<void>): Promise<void> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work(() => turns);
  isDone = true;
}

it("work that begins together has a turn of the event loop for each part", async () => {
  await turnsOf(async (turn) => {
    const began = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        await ownTurn();
        return turn();
      }),
    );
    expect(new Set(began).size).toBe(4);
    expect(began).toEqual(began.toSorted((a, b) => a - b));
  });
});

it("a later one does not wait for turns that are over", async () => {
  await Promise.all([ownTurn(), ownTurn()]);
  await turnsOf(async (turn) => {
    const before = turn();
    await ownTurn();
    expect(turn() - before).toBeLessThanOrEqual(2);
  });
});
