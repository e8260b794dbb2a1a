import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { metricsOf } from "../../shared/lambda/run-metrics.ts";
import type { Clouds } from "../../shared/cloud-ports.ts";
import { readDocument } from "../../shared/read-document.ts";
import { runSchema } from "../../shared/run/record.ts";
import type { Item, Store } from "../../shared/ports.ts";
import { regildVersion } from "../version.ts";
import { watchedClouds } from "../watched-clouds.ts";

/** Steps of a run take from a second to hours: an upload waits in `check-status`. */
const SECONDS = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21_600];

/** prom-client's gauges with the ending of a counter: promtool's "check metrics" refuses them. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** What this process counts while it works. A restart begins at zero, as Prometheus expects of counters. */
export class HostMetrics {
  readonly registry = new Registry();
  private readonly runs = this.counter("runs_total", "Runs that ended.", ["recipe", "outcome"]);
  private readonly requests = this.counter(
    "cloud_requests_total",
    'Requests to clouds. Status "none": no answer came.',
    ["cloud", "service", "status"],
  );
  private readonly steps = this.seconds("step_duration_seconds", "Time of a run in a step.", [
    "step",
  ]);
  private readonly uploads = this.seconds(
    "upload_duration_seconds",
    "From the request for an image until the image was active, of runs that succeeded.",
    ["recipe"],
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.gauge("build_info", "The version that runs; always 1.", ["version"]).set(
      { version: regildVersion() },
      1,
    );
  }

  gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `regild_${name}`, help, labelNames, registers: [this.registry] });
  }

  /** The same store; each run is counted with the write that ends it. */
  watchedStore(store: Store): Store {
    return {
      shards: store.shards,
      get: (key) => store.get(key),
      commit: this.countedCommit(store),
      mark: (key, marks) => store.mark(key, marks),
      due: (shard, nowMs, limit) => store.due(shard, nowMs, limit),
      range: (pk, prefix, limit, cursor) => store.range(pk, prefix, limit, cursor),
      ended: (day, limit, cursor) => store.ended(day, limit, cursor),
    };
  }

  /** The same clouds; each request is counted. */
  watchedClouds(clouds: Clouds): Clouds {
    return watchedClouds(clouds, (cloud, { service, status }) =>
      this.requests.inc({ cloud, service, status: status ?? "none" }),
    );
  }

  private countedCommit(store: Store): Store["commit"] {
    return async (write, expectedVersion) => {
      // An item has a day from its end on.
      const before = write.day === null ? null : await store.get(write.key);
      const verdict = await store.commit(write, expectedVersion);
      if (verdict === "won" && write.day !== null)
        this.count(before, { ...write, version: expectedVersion + 1, cancelAtMs: null });
      return verdict;
    };
  }

  private count(before: Item | null, after: Item): void {
    const measured = metricsOf({ before, after });
    if (measured.length === 0) return;
    const run = readDocument(after.doc, runSchema);
    const recipe = run.recipeName;
    this.runs.inc({ recipe, outcome: run.outcome ?? "none" });
    for (const { values, by } of measured) {
      for (const seconds of [values.regild_step_duration_seconds ?? []].flat())
        this.steps.observe({ step: by["step"] ?? "" }, seconds);
      for (const seconds of [values.regild_upload_duration_seconds ?? []].flat())
        this.uploads.observe({ recipe }, seconds);
    }
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `regild_${name}`, help, labelNames, registers: [this.registry] });
  }

  private seconds(name: string, help: string, labelNames: string[]): Histogram {
    const registers = [this.registry];
    return new Histogram({
      name: `regild_${name}`,
      help,
      labelNames,
      buckets: SECONDS,
      registers,
    });
  }
}
