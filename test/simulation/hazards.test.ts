import { describe, expect, it } from "vitest";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import { type Head, headSchema } from "../../shared/image/head.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import type { Run } from "../../shared/run/record.ts";
import { theRecipe } from "../unit/recipe-text.ts";
import { Checker } from "./checker.ts";
import { type ScriptedFault, scripted } from "./faults.ts";
import { Simulation } from "./simulation.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CREATE_IMAGE = /POST \S+ createImage/;
const STOP = /POST \S+ os-stop/;

/** One recipe for a server that is stopped for its image, and what goes wrong. */
async function scenario(is: {
  faults?: (simulation: () => Simulation) => ScriptedFault[];
  /** Its fields beyond source and `stop_server`. */
  recipe?: string;
  prepare?: (cloud: SimulatedCloud) => void;
  duplicates?: number;
}) {
  const lines = is.recipe ?? "keep: 1\ncooling_off: 0s";
  const recipe = {
    ...theRecipe(`server: web\nprepare: { stop_server: true }\n${lines}`),
    cloud: "sim",
  };
  const box: { simulation?: Simulation; checker?: Checker } = {};
  const opened = () => {
    if (box.simulation === undefined) throw new Error("the simulation is not open yet");
    return box.simulation;
  };
  const simulation = await Simulation.open({
    seed: "hazard",
    faults: scripted(is.faults?.(opened) ?? []),
    keepTrace: true,
    duplicates: is.duplicates ?? 0,
    prepare: (cloud) => {
      cloud.settings.uploadSeconds = () => 60;
      cloud.operator.addServer({ name: "web", image: cloud.operator.addImage({ name: "base" }) });
      is.prepare?.(cloud);
    },
    onRequest: (request) => box.checker?.request(request),
    onEffect: () => box.checker?.effect(),
  });
  box.simulation = simulation;
  box.checker = new Checker(simulation, ["demo-secret"]);
  const begin = simulation.nowMs;
  return {
    simulation,
    begin,
    start: (id = "t1", afterMs = 0) => simulation.trigger(recipe, id, begin + afterMs),
    /** Until nothing is due any more; then everything the checker knows must hold. */
    async finish(untilMs = begin + 60 * HOUR) {
      await simulation.goOn(untilMs);
      box.checker?.end();
      expect(box.checker?.violations).toEqual([]);
      const head = headOf(simulation, recipe);
      return { runs: simulation.runs(), head, images: imagesOf(simulation) };
    },
  };
}

function headOf(simulation: Simulation, recipe: Recipe): Head {
  return headSchema.parse(
    JSON.parse(simulation.table.items.get(`R#${recipe.name}\nhead`)?.doc ?? ""),
  );
}

function imagesOf({ cloud }: Simulation): string[] {
  cloud.settle();
  return [...cloud.world.firstZone.images.values()]
    .filter((i) => i.name !== "base")
    .map((i) => i.id);
}

/** The only run there is, once there is one. */
function theRun(simulation: Simulation): Run | undefined {
  return simulation.runs()[0];
}

function cancelWhen(simulation: Simulation, holds: (run: Run) => boolean, delayMs = 0): void {
  const look = () => {
    const run = theRun(simulation);
    if (run !== undefined && holds(run)) simulation.cancel(run.id, simulation.nowMs + delayMs);
    else if (run?.outcome === null || run === undefined)
      simulation.scheduler.atTime(simulation.nowMs + 50, look);
  };
  look();
}

describe("3: a run that stops right after its image became current", () => {
  it("goes on forward, and a cancel comes too late", async () => {
    const s = await scenario({
      faults: (simulation) => [
        {
          call: /^store commit R#web head/,
          while: () => theRun(simulation())?.step === "promote-image",
          fault: { kind: "stop-after" },
        },
      ],
    });
    s.start();
    cancelWhen(s.simulation, () => headOfOrNull(s.simulation)?.current != null);
    const { runs, head, images } = await s.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["succeeded"]);
    expect(images).toEqual([head.current]);
  });
});

describe("11: every message delivered three times", () => {
  it("makes no more looks than one delivery each, and no more messages than three each", async () => {
    const once = await scenario({});
    once.start();
    await once.finish();
    const thrice = await scenario({ duplicates: 2 });
    thrice.start();
    const { runs } = await thrice.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["succeeded"]);
    expect(thrice.simulation.deliveries).toBeLessThanOrEqual(once.simulation.deliveries * 3 + 10);
    expect(theRun(thrice.simulation)?.apiCalls).toBeLessThanOrEqual(
      (theRun(once.simulation)?.apiCalls ?? 0) * 3,
    );
  });
});

describe("12: a worker that sleeps between its last look at the clock and the create", () => {
  it("makes a second image, and one alone is kept", async () => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "pause-before", seconds: 300 } }],
    });
    s.start();
    const { runs, head, images } = await s.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["succeeded"]);
    expect(created(s.simulation)).toBe(2);
    expect(images).toEqual([head.current]);
  });

  it("sends nothing when it wakes up before the call and after the window", async () => {
    const s = await scenario({
      faults: (simulation) => [
        {
          call: /^store commit R#web run/,
          while: () => theRun(simulation())?.step === "create-image",
          fault: { kind: "pause-after", seconds: 300 },
        },
      ],
    });
    s.start();
    const { runs } = await s.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["succeeded"]);
    expect(created(s.simulation)).toBe(1);
  });
});

describe("16: a cancel between a create and its answer", () => {
  it.each([5, 40, 300])("leaves no image behind when the answer takes %i s", async (seconds) => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "pause-after", seconds } }],
    });
    s.start();
    cancelWhen(s.simulation, (run) => run.intent?.kind === "create-image", 1000);
    const { runs, images } = await s.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["cancelled"]);
    expect(created(s.simulation)).toBe(1);
    expect(images).toEqual([]);
  });

  it("leaves no image behind when the answer gets lost and lists lag", async () => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "answer-lost" } }],
      prepare: (cloud) => {
        cloud.settings.listLagSeconds = 200;
      },
    });
    s.start();
    cancelWhen(s.simulation, (run) => run.intent?.kind === "create-image", 1000);
    const { runs, images } = await s.finish();
    expect(runs.map((r) => r.outcome)).toEqual(["cancelled"]);
    expect(images).toEqual([]);
  });
});

describe("17: a stop that arrives after its run was cancelled", () => {
  it.each([50, 300])(
    "does not leave the server stopped when it arrives %i s late",
    async (seconds) => {
      const s = await scenario({
        faults: () => [{ call: STOP, fault: { kind: "pause-before", seconds } }],
      });
      s.start();
      cancelWhen(s.simulation, (run) => run.intent?.kind === "stop-server", 1000);
      const { runs } = await s.finish();
      expect(runs.map((r) => r.outcome)).toEqual(["cancelled"]);
      expect(serverState(s.simulation)).toBe("active");
    },
  );
});

describe("18: a run that ends while the cloud still refuses to start its server", () => {
  it("leaves a debt that is paid once the upload is over, whatever the next run does", async () => {
    const s = await scenario({
      recipe: "deadline: 15m",
      prepare: (cloud) => {
        cloud.settings.uploadSeconds = () => 3 * 3600;
      },
    });
    s.start();
    s.start("t2", HOUR);
    await s.simulation.goOn(s.begin + 50 * MINUTE);
    expect(theRun(s.simulation)?.outcome).toBe("failed");
    expect(theRun(s.simulation)?.leftovers.join()).toContain("still has to be started");
    expect(serverState(s.simulation)).toBe("stopped");
    const { runs } = await s.finish();
    expect(runs.map((r) => r.failure?.code)).toEqual(["deadline-passed", "deadline-passed"]);
    expect(serverState(s.simulation)).toBe("active");
  });
});

function headOfOrNull({ table }: Simulation): Head | null {
  const item = table.items.get("R#web\nhead");
  return item === undefined ? null : headSchema.parse(JSON.parse(item.doc));
}

function created({ cloud }: Simulation): number {
  return cloud.world.journal.filter(
    (e) => e.event === "created" && e.resource === "image" && e.name !== "base",
  ).length;
}

function serverState({ cloud }: Simulation): string | undefined {
  cloud.settle();
  return [...cloud.world.servers.values()].find((server) => server.name === "web")?.vmState;
}
