/** The first Ctrl-C or termination, as a signal; disposed of, both end the process as usual again. */
export function interruption(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once("SIGINT", abort);
  process.once("SIGTERM", abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off("SIGINT", abort);
      process.off("SIGTERM", abort);
    },
  };
}
