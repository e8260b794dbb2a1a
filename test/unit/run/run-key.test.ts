import { describe, expect, it } from "vitest";
import { runId, runKey } from "../../../shared/run/run-id.ts";
import { NOW } from "../builders.ts";

describe("a run's id", () => {
  it("is recipe, UTC start and suffix, and leads to its record without a look-up", () => {
    const id = runId("web", NOW, "k3f9q2");
    expect(id).toBe("web-20261123-093012-k3f9q2");
    expect(runKey(id)).toEqual({ pk: "R#web", sk: "run#20261123-093012-k3f9q2" });
  });

  it("leads there for every recipe name, also one that looks like a date", () => {
    for (const name of ["web-2", "a-20260101-000000-aaaaaa", "db.prod_x"]) {
      expect(runKey(runId(name, NOW, "k3f9q2")).pk).toBe(`R#${name}`);
    }
  });

  it.each(["web", "web-20261123", "web-20261123-0930-k3f9q2", "20261123-093012-k3f9q2"])(
    "is not %s",
    (id) => expect(() => runKey(id)).toThrow("is no run id, such as web-20261123-093012-k3f9q2"),
  );
});
