import type { ServiceManager } from "./service-manager.ts";

/**
 * Tells the service manager twice in its interval that the host lives, and only while it does: a host whose loop hangs
 * is started again.
 */
export function watchdog(
  { watchdogMs, alive }: ServiceManager,
  isAlive: () => boolean,
): Disposable {
  if (watchdogMs === null) return { [Symbol.dispose]: () => {} };
  const timer = setInterval(() => {
    if (isAlive()) void alive();
  }, watchdogMs / 2);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
