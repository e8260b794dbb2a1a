import { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import type { Image, Server } from "../../../local/simulated-cloud/resources.ts";
import { type RecipeState, recipeStateKey } from "../../../shared/image/recipe-state.ts";
import type { HttpRequest, Key } from "../../../shared/ports.ts";
import { type Run } from "../../../shared/run/record.ts";
import { runKey } from "../../../shared/run/run-id.ts";
import { type SourceItem, sourceKey } from "../../../shared/source/item.ts";
import { MemoryQueues } from "../../memory/queue.ts";
import { MemoryTable } from "../../memory/store.ts";
import * as builders from "../../unit/builders.ts";
import { Checker } from "../checker.ts";
import { stream } from "../random.ts";

/** A history told to the checker by hand: what is written into the store, and what is asked of the cloud. */
export class History {
  nowMs = builders.NOW;
  isRestless = false;
  readonly table = new MemoryTable();
  readonly queues = new MemoryQueues();
  readonly logs: string[] = [];
  readonly thrown: Array<{ actor: string; error: unknown }> = [];
  readonly options = { faults: { happened: [] as Array<{ place: string }> } };
  readonly cloud: SimulatedCloud;
  readonly web: Server;
  readonly checker: Checker;
  private readonly token: string;

  constructor({ strict = true } = {}) {
    this.cloud = new SimulatedCloud({ now: () => this.nowMs, random: stream("history") });
    const { operator, world, demo } = this.cloud;
    this.web = operator.addServer({ name: "web", image: operator.addImage({ name: "base" }) });
    this.token = world.identity.issue(demo, "password", this.nowMs, 1e9).id;
    this.checker = new Checker(this, ["demo-secret"], { strict });
  }

  /** Rules broken so far, each once. */
  get broken(): string[] {
    return [...new Set(this.checker.violations.map(({ rule }) => rule))];
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.cloud.settle();
    this.checker.effect();
  }

  by(name: string, actor: string): void {
    this.checker.requestBy({ name, actor });
  }

  // ---------------------------------------------------------------------------------------- the store

  run(is: Partial<Run> = {}): Run {
    const source = builders.source({ id: this.web.id, lockIds: [this.web.id] });
    const run = builders.run({ source, locked: false, ...is });
    this.write(runKey(run.id), run, run.outcome === null ? this.nowMs : null);
    return run;
  }

  /** That has its locks, and announces an image. */
  announcing(name = "web-try001"): Run {
    this.source({ owner: builders.run().id });
    this.recipeState({ activeRun: builders.run().id });
    this.run({ locked: true });
    const intent = builders.intent({ name, id: name, atMs: this.nowMs });
    const timeline = [told("intent", name)];
    return this.run({ locked: true, intent, creationNames: [name], timeline });
  }

  recipeState(is: Partial<RecipeState> = {}, sweepAtMs: number | null = this.nowMs): RecipeState {
    const recipeState = builders.recipeState(is);
    this.write(recipeStateKey("web"), recipeState, sweepAtMs);
    return recipeState;
  }

  source(is: Partial<SourceItem> = {}, sweepAtMs: number | null = this.nowMs): void {
    const item = builders.sourceItem({ id: this.web.id, ...is });
    this.write(sourceKey(item.id), item, sweepAtMs);
  }

  private write(key: Key, doc: unknown, sweepAtMs: number | null): void {
    const version = this.table.get(key)?.version ?? 0;
    const rest = { day: null, expiresAtMs: null, writeId: "history" };
    this.table.commit({ key, doc: JSON.stringify(doc), sweepAtMs, ...rest }, version);
  }

  // ---------------------------------------------------------------------------------------- the cloud

  ask(
    method: HttpRequest["method"],
    path: string,
    body?: unknown,
    type = "application/json",
  ): void {
    const request: HttpRequest = {
      method,
      url: `${this.cloud.world.baseUrl}${path}`,
      headers: { "x-auth-token": this.token, "content-type": type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: 60_000,
    };
    this.checker.request(request);
    this.cloud.handle(request);
    this.checker.effect();
  }

  act(action: Record<string, unknown>): void {
    this.ask("POST", `/compute/v2.1/servers/${this.web.id}/action`, action);
  }

  createImage(name = "web-try001"): void {
    this.act({ createImage: { name, metadata: {} } });
  }

  /** An image of a run's, as it stands in the cloud once it is complete. */
  made(name = "web-try001"): Image {
    this.announcing(name);
    this.createImage(name);
    this.wait(builders.MINUTE);
    const image = [...this.cloud.world.firstZone.images.values()].find((i) => i.name === name);
    if (image === undefined) throw new Error(`no image ${name}`);
    return image;
  }

  delete(kind: "images" | "snapshots" | "volumes", id: string): void {
    const { demo } = this.cloud;
    const path = kind === "images" ? "/image/az1/v2" : `/volume/v3/${demo.project.id}`;
    this.ask("DELETE", `${path}/${kind}/${id}`);
  }
}

export function told(kind: Run["timeline"][number]["kind"], text: string): Run["timeline"][number] {
  return { atMs: builders.NOW, step: "create-image", kind, text, count: 1, calls: [] };
}
