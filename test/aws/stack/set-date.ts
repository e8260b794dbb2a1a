/**
 * `Date` of this process goes by another clock from now on.
 * @returns ends it.
 */
export function setDate(now: () => number): () => void {
  const real = Date;
  globalThis.Date = new Proxy(real, {
    construct: (target, args: unknown[]): object =>
      args.length === 0 ? new target(now()) : new Object(Reflect.construct(target, args)),
    get: (target, name): unknown => (name === "now" ? now : Reflect.get(target, name)),
  });
  return () => {
    globalThis.Date = real;
  };
}
