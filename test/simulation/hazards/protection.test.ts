import { describe, expect, it } from "vitest";
import { askForChange } from "../../../shared/commands/change-current.ts";
import { recipeStateKey, recipeStateSchema } from "../../../shared/image/recipe-state.ts";
import { load } from "../../../shared/protocol/actor.ts";
import { applyRecipe } from "../../../shared/protocol/apply-recipe.ts";
import type { Fault } from "../faults.ts";
import { HOUR, MINUTE, type Scenario, scenario, type ScenarioOptions, SECOND } from "./scenario.ts";

const KEEPS_ONE = "server: web, keep: 1, cooling_off: 0s, image: { protected: true }";
const KEEPS_TWO = KEEPS_ONE.replace("keep: 1", "keep: 2");
const PATCH = /^http PATCH \S+images/;
const DELETE = /^http DELETE \S+\/images\/[0-9a-f-]{36}\s*$/;

const FAULTS: Fault[] = [
  { kind: "stop-before" },
  { kind: "stop-after" },
  { kind: "answer-lost" },
  { kind: "reset-after" },
  { kind: "pause-after", seconds: 40 },
  { kind: "pause-before", seconds: 40 },
  { kind: "late", seconds: 50 },
];

function protecting(options: ScenarioOptions = {}): Promise<Scenario> {
  return scenario({ recipe: KEEPS_ONE, ...options });
}

function noteOf(s: Scenario, id: string) {
  return s.recipeState().images.find((image) => image.id === id)?.protection?.state;
}

/** What has befallen the calls of this history. */
function happened({ simulation }: Scenario): Fault[] {
  return simulation.options.faults.happened.map(({ fault }) => fault);
}

/** The host reads a changed recipe. */
function rewrite(s: Scenario, fields: string, afterMs: number): void {
  s.at(afterMs, () => {
    s.rewrite(fields);
    s.simulation.command("the file was changed", async (deps) => {
      const actor = await load(deps.store, recipeStateKey("web"), recipeStateSchema);
      if (actor !== null) await applyRecipe(deps, s.recipe("web"), actor);
    });
  });
}

function goBack(s: Scenario, imageId: string | null, afterMs: number): void {
  s.at(afterMs, () =>
    s.simulation.command("rollback", async (deps) => {
      const asked = { kind: "rollback" as const, imageId, by: "anna", reason: "bad" };
      await askForChange(deps, "web", { ...asked, from: s.recipeState().current });
    }),
  );
}

describe("an image whose protection meets trouble", () => {
  it.each(FAULTS)("is protected in the end, and its predecessor gone: $kind", async (fault) => {
    const s = await protecting({ faults: () => [{ call: PATCH, nth: 2, fault }], duplicates: 0.3 });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.current().protected).toBe(true);
    expect(s.images()).toEqual([s.recipeState().current]);
    expect(happened(s)).toEqual([fault]);
  });
});

describe("an old image whose protection is taken off before its delete", () => {
  it.each(FAULTS)("is gone in the end: $kind", async (fault) => {
    const s = await protecting({
      faults: (s) => [{ call: PATCH, while: () => s().isIn("retire-images"), fault }],
      duplicates: 0.3,
    });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
    expect(happened(s)).toEqual([fault]);
  });

  it.each(FAULTS)("is gone in the end if its delete meets trouble: $kind", async (fault) => {
    const s = await protecting({ faults: () => [{ call: DELETE, fault }] });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
    expect(s.images()).toEqual([s.recipeState().current]);
    expect(happened(s)).toEqual([fault]);
  });

  it("stays if a person sets it again right before the delete, and says so", async () => {
    const s = await protecting({
      moments: (s) => [
        {
          call: DELETE,
          happens: () => {
            s().notOurs(s().image(s().images()[0] ?? "")).protected = true;
          },
        },
      ],
    });
    s.start();
    s.start("t2", HOUR);
    expect(await s.finish(4 * HOUR)).toEqual(["succeeded", "succeeded"]);
    const [old] = s.recipeState().images;
    expect(s.images()).toContain(old?.id);
    expect(old?.kept?.why).toBe(
      "protected by somebody, after Regild's own protection was taken off",
    );
  });
});

it("a run that is cancelled between the protection and the promotion leaves no image", async () => {
  const s = await protecting({
    faults: (s) => [
      { call: PATCH, while: () => s().isIn("promote-image"), fault: { kind: "stop-after" } },
    ],
  });
  s.start();
  s.cancelWhen((run) => run.step === "promote-image", SECOND);
  expect(await s.finish()).toEqual(["cancelled"]);
  expect(s.images()).toEqual([]);
});

describe("what a person does", () => {
  it("a protection that a person takes off stays off, and is noted", async () => {
    const s = await protecting();
    s.start();
    s.at(30 * MINUTE, () => {
      s.notOurs(s.current()).protected = false;
    });
    expect(await s.finish(20 * HOUR)).toEqual(["succeeded"]);
    expect(s.current().protected).toBe(false);
    expect(noteOf(s, s.current().id)).toBe("lifted");
  });

  it("what the person then protects is the person's, and is never deleted", async () => {
    const s = await protecting();
    s.start();
    const first = () => s.notOurs(s.image(s.images()[0] ?? ""));
    s.at(30 * MINUTE, () => {
      first().protected = false;
    });
    s.at(20 * HOUR, () => {
      first().protected = true;
    });
    s.start("t2", 21 * HOUR);
    expect(await s.finish(30 * HOUR)).toEqual(["succeeded", "succeeded"]);
    expect(first().protected).toBe(true);
    expect(s.images()).toHaveLength(2);
  });

  it("a rollback protects the image again", async () => {
    const s = await protecting({ recipe: KEEPS_TWO });
    s.start();
    s.start("t2", HOUR);
    const first = () => s.images()[0] ?? "";
    s.at(2 * HOUR, () => {
      s.notOurs(s.image(first())).protected = false;
    });
    s.start("t3", 3 * HOUR);
    await s.until(4 * HOUR);
    goBack(s, null, 4 * HOUR);
    expect(await s.finish(8 * HOUR)).toHaveLength(3);
    expect(s.current().protected).toBe(true);
  });

  it("an image that was protected before its promotion by somebody else stays so", async () => {
    const s = await protecting();
    s.always(() => {
      const image = s.isIn("check-status")
        ? s.cloud.world.firstZone.images.get(s.images()[0] ?? "")
        : undefined;
      if (image?.protected === false) s.notOurs(image).protected = true;
    });
    s.start();
    expect(await s.finish(4 * HOUR)).toEqual(["succeeded"]);
    expect(noteOf(s, s.current().id)).toBeUndefined();
    expect(s.current().properties).not.toHaveProperty("regild_protected");
  });
});

describe("a recipe that", () => {
  const OFF = KEEPS_TWO.replace("true", "false");

  it("protects no more releases the current and the kept images, also if a request is lost", async () => {
    const s = await protecting({
      recipe: KEEPS_TWO,
      faults: (s) => [
        { call: PATCH, while: () => !s().recipeState().protects, fault: { kind: "stop-after" } },
      ],
    });
    s.start();
    s.start("t2", HOUR);
    await s.until(3 * HOUR);
    expect(s.images().map((id) => s.image(id).protected)).toEqual([true, true]);
    rewrite(s, OFF, 3 * HOUR);
    expect(await s.finish(6 * HOUR)).toEqual(["succeeded", "succeeded"]);
    expect(s.images().map((id) => s.image(id).protected)).toEqual([false, false]);
  });

  it("begins to protect does so with the images that it has, but not with those of others", async () => {
    const s = await protecting({ recipe: OFF });
    s.start();
    s.start("t2", HOUR);
    s.at(2 * HOUR, () => {
      s.notOurs(s.image(s.images()[0] ?? "")).protected = true;
    });
    rewrite(s, KEEPS_TWO, 3 * HOUR);
    expect(await s.finish(6 * HOUR)).toEqual(["succeeded", "succeeded"]);
    expect(s.images().map((id) => noteOf(s, id))).toEqual([undefined, "on"]);
    expect(s.current().protected).toBe(true);
  });
});

it("a cloud that copies images with their protection keeps no copy", async () => {
  const s = await protecting({
    prepare: ({ settings }) => {
      settings.syncSeconds = 10 * 60;
    },
  });
  const copies = () => [...(s.cloud.world.zones[1]?.images.values() ?? [])];
  s.start();
  await s.until(HOUR);
  expect(copies()).toMatchObject([{ protected: true }]);
  const first = s.current().id;
  s.start("t2", HOUR);
  expect(await s.finish(6 * HOUR)).toEqual(["succeeded", "succeeded"]);
  expect(copies().map(({ id }) => id)).not.toContain(first);
});

it("a cloud that lets nobody protect images says so, and keeps none from becoming current", async () => {
  const s = await protecting({
    faults: () => [{ call: PATCH, fault: { kind: "status", status: 403 } }],
  });
  s.excuse("the current image is protected");
  s.start();
  expect(await s.finish(6 * HOUR)).toEqual(["succeeded"]);
  expect(s.recipeState().images[0]?.protection).toMatchObject({
    state: "refused",
    why: expect.stringContaining("image refused updateImage"),
  });
  expect(s.current().properties).toMatchObject({ regild_recipe: "web" });
  const texts = s
    .run()
    ?.timeline.map(({ text }) => text)
    .join("\n");
  expect(texts).toContain("not protected: image refused updateImage");
});
