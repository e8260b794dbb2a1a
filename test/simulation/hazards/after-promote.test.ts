import { describe, expect, it } from "vitest";
import type { SimulatedCloud } from "../../../local/simulated-cloud/cloud.ts";
import { fillInputs } from "../../../shared/recipe/inputs.ts";
import { MINUTE, type Scenario, scenario, type ScenarioOptions } from "./scenario.ts";

const DELETE = /DELETE \S*\/servers\//;
const recipeOf = (after: string, more = "") =>
  `server: "\${{ inputs.server }}", inputs: { server: {} }, allow_source: { name: "build-*" }, after_promote: ${after}, keep: 2, cooling_off: 0s${more}`;

async function building(after: string, is: ScenarioOptions = {}, more = ""): Promise<Scenario> {
  return scenario({
    ...is,
    recipe: recipeOf(after, more),
    prepare: (cloud: SimulatedCloud) => {
      const image = cloud.operator.addImage({ name: "base" });
      for (const name of ["build-1", "build-2", "prod-1"])
        cloud.operator.addServer({ name, image });
    },
  });
}

function start(s: Scenario, server: string, afterMs = 0): void {
  const filled = fillInputs(s.recipe("web"), { server });
  if ("problem" in filled) throw new Error(filled.problem);
  s.simulation.trigger(filled.recipe, `t ${server} ${afterMs}`, s.begin + afterMs);
}

const servers = (s: Scenario): string[] =>
  [...s.cloud.world.servers.values()].map(({ name }) => name);

describe("after_promote", () => {
  it("deletes the server of each build, and no other, once its image is current", async () => {
    const s = await building("delete_server");
    start(s, "build-1");
    start(s, "build-2", 1000);
    start(s, "prod-1", 2000);
    let deletedBefore = false;
    s.always(() => {
      const isThere = servers(s).includes("build-1");
      if (!isThere && s.runs()[0]?.promoted !== true) deletedBefore = true;
    });
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "failed"]);
    expect(deletedBefore).toBe(false);
    expect(servers(s)).toEqual(["web", "db", "prod-1"]);
    const [one, two, third] = s.runs();
    expect(one?.afterPromote?.doneAtMs).not.toBeNull();
    expect(third?.failure?.code).toBe("source-not-allowed");
    // The two images are one line of the recipe, though each is of another server.
    expect(s.recipeState().images.map(({ run, state }) => [run, state])).toEqual([
      [one?.id, "retired"],
      [two?.id, "current"],
    ]);
  });

  it("deletes nothing of a run that failed", async () => {
    const s = await building("delete_server");
    start(s, "build-1");
    s.cancelWhen(({ step }) => step === "check-status");
    expect(await s.finish()).toEqual(["cancelled"]);
    expect(servers(s)).toContain("build-1");
  });

  it("is found again by another worker when the one that asked died, and done once", async () => {
    const s = await building("delete_server", {
      faults: () => [{ call: DELETE, fault: { kind: "stop-after" } }],
    });
    start(s, "build-1");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(servers(s)).not.toContain("build-1");
    expect(s.run()?.afterPromote?.doneAtMs).not.toBeNull();
  });

  it("leaves a server that the cloud does not delete, and the report lists it", async () => {
    const s = await building("delete_server", {
      always: (call) => (DELETE.test(call) ? { kind: "status", status: 500 } : undefined),
    });
    start(s, "build-1");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(servers(s)).toContain("build-1");
    expect(s.run()?.leftovers.join()).toMatch(/^server \S+ is not deleted: /);
  });

  it("leaves the server of an image that a person went back from meanwhile", async () => {
    const s = await building("delete_server", {
      always: (call) => (DELETE.test(call) ? { kind: "status", status: 503 } : undefined),
    });
    start(s, "build-1");
    await s.until(20 * MINUTE);
    const [first] = s.images();
    start(s, "build-2", 21 * MINUTE);
    s.excuse("only the active run of a recipe promotes"); // a hand in the record
    let isBack = false;
    s.always(() => {
      const isOpen = s.run()?.afterPromote != null && s.runs().length === 2;
      if (!isOpen || isBack || first === undefined) return;
      isBack = s.rollBack(first);
    });
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(isBack).toBe(true);
    expect(servers(s)).toContain("build-2");
    expect(s.run()?.leftovers.join()).toContain("its image is not current any more");
  });

  it("stops the server, also one that a late stop of the run is watched for", async () => {
    const stopped = ", prepare: { stop_server: true, stop_timeout: 5m }";
    const s = await building(
      "stop_server",
      { faults: () => [{ call: /os-stop/, fault: { kind: "answer-lost" } }] },
      stopped,
    );
    start(s, "build-1");
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.server("build-1").vmState).toBe("stopped");
  });
});
