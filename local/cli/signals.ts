/** The first Ctrl-C or termination, as a signal whose reason is its name. From then on, and once disposed of, both end the process as usual. */
export function interruption(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const ignore = (): void => {
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  };
  const abort = (name: NodeJS.Signals): void => {
    // Not before every other listener has run: one of log-update's ends the process where it finds itself alone.
    setImmediate(ignore);
    controller.abort(name);
  };
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  return { signal: controller.signal, [Symbol.dispose]: ignore };
}
