/** Croner asks for the time when it reads a pattern, and makes nothing of it. */
function isCroners(): boolean {
  return new Error("whose").stack?.includes("/croner/") === true;
}

/**
 * Whatever would make one seed tell two histories throws: the real clock, real chance, the real network, real timers.
 * For a thread that does nothing but simulate.
 */
export function guard(): void {
  const forbid = (what: string) => () => {
    throw new Error(`${what} is not of the simulated world: it has to come through the seam`);
  };
  const guarded = class extends Date {
    constructor(time?: number) {
      if (time === undefined && !isCroners()) forbid("new Date()")();
      super(time ?? 0);
    }
    static override now = forbid("Date.now()");
  };
  Object.assign(globalThis, {
    Date: guarded,
    fetch: forbid("fetch"),
    setTimeout: forbid("setTimeout"),
    setInterval: forbid("setInterval"),
  });
  Object.assign(Math, { random: forbid("Math.random()") });
  Object.assign(globalThis.crypto, {
    randomUUID: forbid("crypto.randomUUID()"),
    getRandomValues: forbid("crypto.getRandomValues()"),
  });
}
