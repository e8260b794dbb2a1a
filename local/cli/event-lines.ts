import type { RunRecord } from "../view/run.ts";
import { viewEvents } from "../view/steps.ts";
import type { App } from "./app.ts";

/** With `-o jsonl`: each event of the run report as it happens, once. */
export class EventLines {
  private readonly app: App;
  private readonly told = new Set<string>();

  constructor(app: App) {
    this.app = app;
  }

  tell({ run }: RunRecord): void {
    if (this.app.output.format !== "jsonl") return;
    for (const event of viewEvents(run)) {
      const key = `${run.id} ${event.at} ${event.kind} ${event.message}`;
      if (this.told.has(key)) continue;
      this.told.add(key);
      this.app.output.line({ event: { run: run.id, ...event } });
    }
  }
}
