import { describe, expect, it } from "vitest";
import { BEYOND } from "./faults.ts";
import { CREATE_IMAGE, scenario } from "./hazards/scenario.ts";

/** What random seeds have found, each as the shortest story that shows it. */

describe("a create that nobody answered, of a worker whose clock is wrong by up to a minute", () => {
  it.each([1, 2, 3, 4, 5, 6])("is found by its name, whatever its time: worker %i", async (n) => {
    const s = await scenario({
      seed: `clock ${n}`,
      bounds: BEYOND,
      faults: () => [{ call: CREATE_IMAGE, fault: { kind: "stop-after" } }],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.images()).toEqual([s.current().id]);
  });
});
