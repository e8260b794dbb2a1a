/**
 * `Date` of this process runs ahead of the machine's from now on.
 * @returns ends it.
 */
export function shiftDate(aheadMs: () => number): () => void {
  const real = Date;
  const now = (): number => real.now() + aheadMs();
  globalThis.Date = new Proxy(real, {
    construct: (target, args: unknown[]): object =>
      args.length === 0 ? new target(now()) : new Object(Reflect.construct(target, args)),
    get: (target, name): unknown => (name === "now" ? now : Reflect.get(target, name)),
  });
  return () => {
    globalThis.Date = real;
  };
}
