import { describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, SECOND, type Scenario, scenario } from "./scenario.ts";

const HEAD_COMMIT = /^store commit R#web head/;

describe("3: a run that stops right after its image became current", () => {
  it("goes on forward, and a cancel comes too late", async () => {
    const s = await scenario({
      faults: (s) => [
        {
          call: HEAD_COMMIT,
          while: () => s().isIn("promote-image"),
          fault: { kind: "stop-after" },
        },
      ],
    });
    s.start();
    s.cancelWhen((run) => run.step === "promote-image" && s.recipeState().current !== null);
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
  });

  it("goes on forward when its deadline passes before it has noticed", async () => {
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 0s, deadline: 2m",
      faults: (s) => [
        {
          call: HEAD_COMMIT,
          while: () => s().isIn("promote-image"),
          fault: { kind: "pause-after", seconds: 300 },
        },
      ],
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

describe("3: a run whose image became current before the store went away for longer than the run may take", () => {
  it("has succeeded", async () => {
    const deadlineAndGrace = 17 * MINUTE;
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 0s, deadline: 2m",
      faults: (s) => [
        {
          call: HEAD_COMMIT,
          while: () => s().isIn("promote-image"),
          fault: { kind: "stop-after" },
        },
      ],
      always: (call, s) =>
        call.startsWith("store") &&
        s.isIn("promote-image") &&
        s.recipeState().current !== null &&
        s.simulation.nowMs < s.begin + deadlineAndGrace
          ? { kind: "request-lost" }
          : undefined,
    });
    s.start();
    expect(await s.finish()).toEqual(["succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

describe("4: a worker that was paused between deciding to promote and promoting", () => {
  it.each([
    ["before its last check of the image", /GET \/image\S+\/images\/[0-9a-f-]{36}$/],
    ["before the image's marks", /PATCH \/image/],
    ["before it reads the inventory", /^store get R#web head/],
    ["before it writes the inventory", HEAD_COMMIT],
  ])("does not promote what was abandoned meanwhile: paused %s", async (_where, call) => {
    const s = await scenario({
      recipe: "server: web, keep: 1, cooling_off: 0s",
      faults: (s) => [
        // What the step before has read is too old then, so the image is read once more.
        {
          call: /^store get R#web run/,
          while: () => s().isIn("promote-image") && s().run()?.trigger.id === "t2",
          fault: { kind: "pause-after", seconds: 6 },
        },
        {
          call,
          while: () => s().isIn("promote-image") && s().run()?.trigger.id === "t2",
          fault: { kind: "pause-before", seconds: 600 },
        },
      ],
    });
    s.start();
    s.start("t2", HOUR);
    // What is abandoned stays for a while, and could be promoted.
    s.always(() => {
      const isDeleting =
        s.run()?.step === "abandon" && s.recipeState().images.at(-1)?.state === "deleting";
      const image = isDeleting ? s.cloud.world.firstZone.images.get(s.images().at(-1) ?? "") : null;
      if (image != null) image.protected = s.simulation.nowMs < s.begin + 2 * HOUR;
    });
    s.at(2 * HOUR, () => {
      for (const id of s.images()) s.image(id).protected = false;
    });
    s.cancelWhen((run) => run.trigger.id === "t2" && run.step === "promote-image", 10 * SECOND);
    await s.until(HOUR);
    const good = s.recipeState().current;
    expect(await s.finish()).toEqual(["succeeded", "cancelled"]);
    expect(s.made()).toBe(2);
    expect(s.recipeState().current).toBe(good);
    expect(s.images()).toEqual([good]);
  });
});

/** Two images of `web`, the second current, with the clean-up of the first one under way when `call` comes. */
async function rolledBackAt(
  call: RegExp,
  is: { nth?: number; keep?: number } = {},
): Promise<{ s: Scenario; allowed: boolean | undefined; first: string }> {
  const seen: { allowed?: boolean; first?: string } = {};
  const s = await scenario({
    recipe: `server: web, keep: ${is.keep ?? 1}, cooling_off: 0s`,
    moments: (s) => [
      {
        call,
        nth: is.nth ?? 1,
        while: () => s().isIn("retire-images") && s().run()?.trigger.id === "t2",
        happens: () => {
          seen.allowed = s().rollBack(seen.first ?? "");
        },
      },
    ],
  });
  s.excuse("only the active run of a recipe promotes");
  s.start();
  await s.until(HOUR);
  seen.first = s.current().id;
  s.start("t2", HOUR);
  expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
  return { s, allowed: seen.allowed, first: seen.first };
}

describe("5: a rollback to an image that is about to be deleted", () => {
  it("wins when it comes between the plan and the inventory's mark for deletion, and the image stays", async () => {
    const { s, allowed, first } = await rolledBackAt(HEAD_COMMIT);
    expect(allowed).toBe(true);
    expect(s.recipeState().current).toBe(first);
    expect(s.shown()).toEqual([first]);
    expect(s.image(first).hidden).toBe(false);
  });

  it("is refused when it comes between the inventory's mark for deletion and the delete", async () => {
    const { s, allowed, first } = await rolledBackAt(/DELETE \/image/);
    expect(allowed).toBe(false);
    expect(s.recipeState().current).not.toBe(first);
    expect(s.images()).toEqual([s.recipeState().current]);
  });
});

describe("6: a store that knows less than the cloud", () => {
  it.each([1, 2])(
    "put back to yesterday, leaves today's image alone, and the next run shows its own (keep: %i)",
    async (keep) => {
      const s = await scenario({ recipe: `server: web, keep: ${keep}, cooling_off: 0s` });
      s.start();
      await s.until(HOUR);
      const yesterdays = s.current();
      const putBack = s.backup();
      s.start("t2", HOUR);
      await s.until(DAY);
      const todays = s.notOurs(s.current());
      putBack();
      // With keep: 1, what the pointer names has been deleted since.
      s.notOurs(yesterdays);
      for (const n of [3, 4, 5]) s.start(`t${n}`, DAY + n * HOUR);
      const outcomes = await s.finish(4 * DAY);
      expect(outcomes).toEqual(["succeeded", "succeeded", "succeeded", "succeeded"]);
      expect(s.images()).toHaveLength(1 + keep);
      expect(s.images()[0]).toBe(todays.id);
      expect(s.images().at(-1)).toBe(s.recipeState().current);
    },
  );

  it.each([
    ["waited for its image", "check-status"],
    ["asked for its image", "create-image"],
  ] as const)(
    "put back to when a run %s, undoes that run, but not the image it made current since",
    async (_when, step) => {
      const s = await scenario({ recipe: "server: web, keep: 2, cooling_off: 0s" });
      s.start();
      s.start("t2", HOUR);
      const copy: { putBack?: () => void } = {};
      s.always(() => {
        const run = s.run();
        const asks = step === "check-status" || run?.intent?.kind === "create-image";
        if (run?.trigger.id === "t2" && run.step === step && asks) copy.putBack ??= s.backup();
      });
      await s.until(DAY);
      const todays = s.notOurs(s.current());
      copy.putBack?.();
      s.excuse("every run is ended by the first sweep after deadline and grace");
      // Hidden since, and it stays so: the store has nothing to do for its recipe.
      s.notOurs(s.current());
      await s.finish(4 * DAY);
      expect(s.run()?.failure?.code).toBe("deadline-passed");
      expect(s.images()).toContain(todays.id);
      const entry = s.recipeState().images.find((image) => image.id === todays.id);
      expect(entry).toMatchObject({ state: "deleting", promotedAtMs: null });
    },
  );

  it("of which the records of runs have expired, lets go of locks and recipes they held, and of no image", async () => {
    const s = await scenario({ recipe: "server: web, keep: 2, cooling_off: 0s" });
    for (const [index, trigger] of ["t1", "t2", "t3"].entries()) s.start(trigger, index * HOUR);
    await s.until(2 * HOUR + MINUTE / 2);
    expect(s.isIn("check-status")).toBe(true);
    const kept = s
      .recipeState()
      .images.filter((i) => i.state !== "gone" && i.state !== "candidate");
    s.forgetRuns();
    s.start("t4", DAY);
    expect(await s.finish(4 * DAY)).toEqual(["succeeded"]);
    expect(s.images()).toEqual([kept.at(-1)?.id, s.recipeState().current]);
  });
});
