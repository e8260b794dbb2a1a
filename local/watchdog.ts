import type { ServiceManager } from "./service-manager.ts";

/**
 * Reports twice per interval to the service manager that the host works. The service manager restarts a host that hangs,
 * because it reports nothing.
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
