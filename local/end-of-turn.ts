let end: Promise<void> | null = null;

/** Resolves at the end of this turn of the event loop, at once for all who ask in it. */
export function endOfTurn(): Promise<void> {
  return (end ??= new Promise((resolve) => {
    setImmediate(() => {
      end = null;
      resolve();
    });
  }));
}
