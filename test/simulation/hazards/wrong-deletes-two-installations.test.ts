import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, type Scenario, scenario, type ScenarioOptions } from "./scenario.ts";

const SLICE_MS = 100;

/** A second installation, with a data file of its own, that works in the same project. */
async function besides(first: Scenario, options: ScenarioOptions): Promise<Scenario> {
  const { world, faults } = first.simulation.cloud;
  return scenario({
    ...options,
    seed: "another home",
    prepare: (cloud) => Object.assign(cloud, { world, faults }),
  });
}

/** Both go on, by turns. */
async function together(one: Scenario, other: Scenario, fromMs: number, toMs: number) {
  for (let atMs = fromMs + SLICE_MS; atMs <= toMs; atMs += SLICE_MS) {
    await one.until(atMs);
    await other.until(atMs);
  }
}

describe("7: two homes that were started by the same trigger, on one server", () => {
  it("a create that never arrived is not taken for the other installation's, whose image stays", async () => {
    const recipe = 'server: web, keep: 1, cooling_off: 0s, image: { name: "web-${{ seq }}" }';
    const laptop = await scenario({
      recipe,
      prepare: ({ settings }) => {
        settings.uploadSeconds = () => 300;
      },
    });
    const host = await besides(laptop, {
      recipe,
      faults: () => [{ call: /POST \S+ createImage/, fault: { kind: "request-lost" } }],
    });
    laptop.start("same");
    host.start("same");
    host.cancelWhen((run) => run.step === "check-status" || run.unansweredAttempts.length > 0);
    await together(laptop, host, 0, 10 * MINUTE);
    expect(laptop.run()?.outcome).toBe("succeeded");
    expect(host.run()?.outcome).toBe("cancelled");
    // Beside recipe and time, which are the same.
    expect(host.run()?.id.slice(-6)).not.toBe(laptop.run()?.id.slice(-6));
    expect(laptop.images()).toEqual([laptop.recipeState().current]);
    expect(host.recipeState().images.map((i) => i.id)).not.toContain(laptop.recipeState().current);
    expect(await laptop.finish()).toEqual(["succeeded"]);
  });

  it("each keeps and deletes its own, and knows nothing of the other's", async () => {
    const recipe = "server: db, keep: 1, cooling_off: 0s";
    const laptop = await scenario({ recipe });
    const host = await besides(laptop, { recipe });
    for (const [n, installationId] of [laptop, host].entries()) {
      installationId.start("same");
      installationId.start("again", HOUR + n * 1000);
    }
    await together(laptop, host, 0, 10 * MINUTE);
    await together(laptop, host, HOUR, HOUR + 10 * MINUTE);
    expect(laptop.images().toSorted()).toEqual(
      [laptop.recipeState().current, host.recipeState().current].toSorted(),
    );
    for (const installationId of [laptop, host]) {
      const { id, properties } = installationId.current();
      const { run, attemptId } = installationId.recipeState().images.at(-1) ?? {};
      expect(properties["regild_owner"]).toBe(
        `${installationId.simulation.installationId}/${run}/${attemptId}/${id}`,
      );
      expect(installationId.recipeState().images.map((i) => i.run)).toEqual(
        installationId.runs().map((run) => run.id),
      );
    }
    for (const image of host.recipeState().images) laptop.notOurs(image);
    for (const image of laptop.recipeState().images) host.notOurs(image);
    expect(await laptop.finish()).toEqual(["succeeded", "succeeded"]);
    expect(await host.finish()).toEqual(["succeeded", "succeeded"]);
  });
});
