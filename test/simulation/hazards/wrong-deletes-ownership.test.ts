import { describe, expect, it } from "vitest";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import { CREATE_IMAGE, HOUR, MINUTE, type Scenario, scenario } from "./scenario.ts";

/** Somebody boots a server from the image and takes a snapshot of it: Nova copies every property. */
function snapshotByHand(s: Scenario, of: Image, name = "mine"): Image {
  const { operator } = s.cloud;
  const properties = { ...of.properties, image_type: "snapshot" };
  return s.notOurs(operator.addImage({ name, properties, visibility: "private" }));
}

describe("1: marks are inherited, so they prove nothing", () => {
  it("an image that bears ours stays when its forebears are retired, abandoned and looked for", async () => {
    const s = await scenario({
      faults: () => [{ call: CREATE_IMAGE, nth: 3, fault: { kind: "request-lost" } }],
    });
    s.start();
    await s.until(HOUR);
    const golden = s.current();
    const mine = snapshotByHand(s, golden, golden.name ?? "");
    s.start("t2", HOUR);
    await s.until(2 * HOUR);
    expect(s.images()).toEqual([mine.id, s.current().id]);
    s.start("t3", 2 * HOUR);
    s.cancelWhen((run) => run.trigger.id === "t3" && run.step === "check-status");
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "cancelled"]);
    expect(s.images()).toEqual([mine.id, s.current().id]);
    expect(s.recipeState().images.map((i) => i.id)).not.toContain(mine.id);
  });

  it.each(["server", "volume"])(
    "an old image goes only when no %s made from it is left",
    async (kind) => {
      const s = await scenario();
      s.start();
      await s.until(HOUR);
      const old = s.current();
      const { operator } = s.cloud;
      const made =
        kind === "server"
          ? operator.addServer({ name: "consumer", image: old })
          : operator.addVolume({ name: "consumer", image: old });
      s.start("t2", HOUR);
      await s.until(30 * HOUR);
      expect(s.images()).toEqual([old.id, s.current().id]);
      if (kind === "server") s.cloud.operator.deleteServer(made.id);
      else s.cloud.operator.deleteVolume(made.id);
      expect(await s.finish()).toEqual(["succeeded", "succeeded"]);
      expect(s.images()).toEqual([s.current().id]);
    },
  );
});

describe("2: a source that was built from the current image hands its state on", () => {
  it("nothing shows the new image as current before it is, and then every mark is its own", async () => {
    const s = await scenario({ recipe: "server: web, keep: 2, cooling_off: 0s" });
    s.start();
    s.start("t2", HOUR);
    await s.until(2 * HOUR);
    const old = s.current();
    old.properties["regild_note"] = "of an earlier time";
    const { operator } = s.cloud;
    operator.deleteServer(s.server("web").id);
    operator.addServer({ name: "web", image: old });
    s.start("t3", 2 * HOUR);
    await s.until(2 * HOUR + MINUTE / 2);
    expect(s.images()).toHaveLength(3);
    expect(s.shown()).toEqual([old.id]);
    expect(await s.finish()).toEqual(["succeeded", "succeeded", "succeeded"]);
    const { properties, id } = s.current();
    const ours = Object.entries(properties).filter(([key]) => key.startsWith("regild_"));
    expect(Object.fromEntries(ours)).toEqual({
      regild_owner: expect.stringMatching(`/${id}$`),
      regild_recipe: "web",
      regild_source: `server:${s.server("web").id}`,
      regild_promoted_at: new Date(s.recipeState().images.at(-1)?.promotedAtMs ?? 0).toISOString(),
      regild_provenance: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      regild_replaces: old.id,
    });
  });

  it.each(["is still there", "was deleted"])(
    "another image's failed synchronisation is not this one's, when that image %s",
    async (what) => {
      const s = await scenario({
        prepare: (cloud) => {
          const reason = { sync_status_reason: "ERROR:A timeout occurred" };
          const bad = cloud.operator.addImage({ name: "base", properties: reason });
          cloud.operator.addServer({ name: "built-from-bad", image: bad });
          if (what === "was deleted") cloud.operator.deleteImage(bad.id);
        },
        recipe: "server: built-from-bad",
      });
      s.start();
      expect(await s.finish()).toEqual(["succeeded"]);
    },
  );
});
