/**
 * `Date` of this process goes by another clock from now on.
 * @param nowAt what that clock shows when the machine's shows this.
 * @returns ends it.
 */
export function shiftDate(nowAt: (realMs: number) => number): () => void {
  const real = Date;
  const now = (): number => nowAt(real.now());
  globalThis.Date = new Proxy(real, {
    construct: (target, args: unknown[]): object =>
      args.length === 0 ? new target(now()) : new Object(Reflect.construct(target, args)),
    get: (target, name): unknown => (name === "now" ? now : Reflect.get(target, name)),
  });
  return () => {
    globalThis.Date = real;
  };
}
