import type { Installation } from "../installation.ts";
import type { MetricsPage } from "../host-site.ts";
import type { Records } from "../view/read.ts";
import { HostMetrics } from "./host-metrics.ts";
import { storeMetrics } from "./store-metrics.ts";

/** The same installation, whose work is counted, and the page that tells the numbers. */
export function measured(installation: Installation): {
  installation: Installation;
  metricsPage: (records: Records) => MetricsPage;
} {
  const metrics = new HostMetrics();
  const { backend, queue } = installation;
  const counted = {
    ...backend,
    store: metrics.watchedStore(backend.store),
    clouds: metrics.watchedClouds(backend.clouds),
  };
  return {
    installation: {
      ...installation,
      backend: counted,
      use: (is) => {
        installation.use(is);
        counted.recipes = is.recipes;
      },
    },
    metricsPage: (records) => {
      const readStore = storeMetrics(metrics, { records, queue });
      const text = async (): Promise<string> => {
        await readStore();
        return metrics.registry.metrics();
      };
      return { contentType: metrics.registry.contentType, text };
    },
  };
}
