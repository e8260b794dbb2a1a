import { describe, expect, it } from "vitest";
import type { Finding } from "../../shared/openstack/finding.ts";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { recipe } from "../unit/builders.ts";
import { ActStage, SELF } from "./act-stage.ts";

const lines = (findings: Finding[]): string[] =>
  findings.map(
    ({ state, area, message }) => `${state} ${area}: ${message.replace(/[0-9a-f-]{36}/g, "ID")}`,
  );
const problems = (findings: Finding[]): Finding[] =>
  findings.filter(({ state }) => state === "problem");
const visible = (visibility: Recipe["image"]["visibility"]): Recipe =>
  recipe({ name: visibility, image: { ...recipe().image, visibility } });
const SERVER = { image: "base", flavor: "sim.tiny", network: "none" };

describe("doctor --act", () => {
  it("does what runs do on things of its own, says each act, and leaves nothing", async () => {
    const stage = new ActStage();
    const findings = await stage.act({ recipes: [visible("community")], server: SERVER });
    expect(lines(findings)).toEqual([
      "ok image: register an image: done",
      "ok image: upload 4 KiB to it: done",
      "ok image: add a tag to it and remove it: done",
      "ok image: give it a property: done",
      "ok image: hide it: done",
      "ok image: make it community: done",
      "ok image: delete the image ID, and see it gone: done",
      "ok image: register an image as qcow2: done",
      "ok image: upload a text to it: done",
      "ok image: content: the image service takes any content as any disk_format",
      "ok image: delete the image ID, and see it gone: done",
      "ok volume: make a volume of 1 GiB: done",
      "ok volume: make a snapshot of it: done",
      "ok volume: delete the snapshot ID, and see it gone: done",
      "ok volume: delete the volume ID, and see it gone: done",
      "ok compute: find its image and flavor: done",
      "ok compute: make a server: done",
      "ok compute: stop it: done",
      "ok image: take an image of it: done",
      "ok compute: start it: done",
      "ok image: delete the image ID, and see it gone: done",
      "ok compute: delete the server ID, and see it gone: done",
      "ok clean-up: nothing is left of what was made: regild-doctor-20261123-093012-aaaaa1-…",
    ]);
    expect(stage.told).toEqual(findings);
    expect(stage.left()).toEqual([]);
  });

  it("protects an image for a moment if a recipe does, and removes what a killed doctor left protected", async () => {
    const stage = new ActStage();
    const protecting = recipe({ image: { ...recipe().image, protected: true } });
    const killed = new Error("killed");
    stage.onRequest = ({ method, body = "" }) => {
      if (method === "PATCH" && body.includes('"/protected","value":false')) throw killed;
    };
    await expect(stage.act({ recipes: [protecting] })).rejects.toBe(killed);
    const images = [...stage.cloud.world.firstZone.images.values()];
    expect(images.filter((image) => image.protected)).toHaveLength(1);
    stage.onRequest = () => {};
    const findings = await stage.act({ recipes: [protecting], self: { ...SELF, pid: 4712 } });
    expect(lines(findings)).toContain("ok image: protect it, and take that off: done");
    expect(problems(findings)).toEqual([]);
    expect(stage.left()).toEqual([]);
  });

  it("names the policy rule and the role behind each refusal to a reader", async () => {
    const stage = new ActStage();
    stage.cloud.settings.roles = ["reader"];
    const findings = await stage.act({ server: SERVER });
    expect(problems(findings).map(({ remedy }) => remedy)).toEqual([
      "Ask the cloud's operator for the policy rule add_image (by default, role member has it)",
      "Ask the cloud's operator for the policy rule volume:create (by default, role member has it)",
      "Ask the cloud's operator for the policy rule os_compute_api:servers:create (by default, role member has it)",
    ]);
    for (const { requestIds } of problems(findings)) {
      expect(requestIds).toEqual([expect.stringMatching(/^req-/)]);
    }
    expect(stage.left()).toEqual([]);
  });

  it("says that public is refused, and tries only the visibilities that recipes ask for", async () => {
    const stage = new ActStage();
    const findings = await stage.act({ recipes: [visible("public"), visible("shared")] });
    expect(problems(findings)).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^make it public: .*publicize_image/),
        remedy: expect.stringContaining("publicize_image (by default, role admin has it)"),
      }),
    ]);
    expect(lines(findings)).toContain("ok image: make it shared: done");
    expect(lines(findings).join()).not.toContain("community");
  });

  it("hides an image before it makes it public", async () => {
    const stage = new ActStage();
    stage.cloud.settings.refusedVisibilities = [];
    await stage.act({ recipes: [visible("public")] });
    const patches = stage.requests
      .filter(({ method }) => method === "PATCH")
      .map(({ body }) => body);
    const hidden = patches.findIndex((body) => body?.includes("os_hidden"));
    const open = patches.findIndex((body) => body?.includes("public"));
    expect(hidden).toBeGreaterThanOrEqual(0);
    expect(open).toBeGreaterThan(hidden);
  });

  it("tells that the image service inspects content, and which recipes upload raw", async () => {
    const stage = new ActStage();
    stage.cloud.settings.inspectsContent = true;
    const raw = (name: string, diskFormat: "raw" | "qcow2"): Recipe =>
      recipe({
        name,
        source: { kind: "volume", idOrName: "data" },
        capture: "volume",
        image: { ...recipe().image, diskFormat },
      });
    const findings = await stage.act({ recipes: [raw("one", "raw"), raw("two", "qcow2")] });
    expect(lines(findings)).toContain(
      "ok image: content: the image service inspects it, and refused a text as disk_format qcow2 (415)",
    );
    expect(findings.filter(({ area }) => area === "recipe")).toEqual([
      expect.objectContaining({
        state: "unknown",
        field: "one.image.disk_format",
        remedy: expect.stringContaining("qcow2"),
      }),
    ]);
    expect(stage.left()).toEqual([]);
  });

  it("promises nothing of a newer image service that compares no content", async () => {
    const stage = new ActStage();
    stage.cloud.settings.imageMinor = 17;
    expect(lines(await stage.act()).join()).toContain("may refuse unsafe disks all the same");
  });

  it("says what was not tried with a server, and how to try it", async () => {
    const findings = await new ActStage().act({ recipes: [recipe()] });
    expect(findings).toContainEqual(
      expect.objectContaining({
        state: "unknown",
        remedy: expect.stringContaining("--server-image"),
      }),
    );
  });

  it.each([
    [{ ...SERVER, image: "nosuch" }, 'no image has the name or id "nosuch"', "image list"],
    [{ ...SERVER, flavor: "nosuch" }, 'no flavor has the name or id "nosuch"', "flavor list"],
    [{ ...SERVER, image: "twice" }, '2 images are named "twice"', "id after --server-image"],
  ])("makes no server of what is not there: %o", async (server, message, remedy) => {
    const stage = new ActStage();
    for (let n = 0; n < 2; n++) stage.cloud.operator.addImage({ name: "twice" });
    const [problem] = problems(await stage.act({ server }));
    expect(problem?.message).toContain(message);
    expect(problem?.remedy).toContain(remedy);
    expect(stage.left()).toEqual(["twice", "twice"]);
  });

  it.each([
    ["volume.createVolume", 503],
    ["image.create", 500],
    ["volume.createSnapshot", 502],
    ["compute.bootServer", 504],
  ])("removes what %s made although its answer was %i", async (operation, status) => {
    const stage = new ActStage();
    stage.cloud.faults.add({
      on: { operation, times: 1 },
      effect: { kind: "status", status, executed: true },
    });
    const findings = await stage.act({ server: SERVER });
    expect(problems(findings)).toHaveLength(1);
    expect(stage.left()).toEqual([]);
    expect(lines(findings).at(-1)).toMatch(/^ok clean-up/);
  });

  it.each([
    ["PUT", 3],
    ["POST", 8],
    ["PATCH", 3],
    ["DELETE", 6],
  ] as const)("removes everything after Ctrl-C at any %s", async (method, atLeast) => {
    let isInterrupted = true;
    let nth = 0;
    while (isInterrupted) {
      nth += 1;
      const stage = new ActStage();
      let count = 0;
      stage.onRequest = (request) => {
        if (request.method !== method || request.url.endsWith("/auth/tokens")) return;
        count += 1;
        if (count === nth) stage.stop.abort();
      };
      const findings = await stage.act({ server: SERVER, recipes: [visible("community")] });
      expect(stage.left(), `${method} ${nth}`).toEqual([]);
      expect(lines(findings).at(-1)).toMatch(/^ok clean-up: nothing is left/);
      isInterrupted = stage.stop.signal.aborted;
    }
    expect(nth).toBeGreaterThan(atLeast);
  });

  it("says what is left when it cannot be deleted", async () => {
    const stage = new ActStage();
    stage.cloud.faults.add({
      on: { operation: "volume.deleteVolume", times: 99 },
      effect: {
        kind: "status",
        status: 403,
        message: "Policy doesn't allow volume:delete to be performed.",
      },
    });
    const findings = await stage.act();
    expect(problems(findings)[0]?.remedy).toContain("volume:delete");
    expect(findings.at(-1)).toMatchObject({
      state: "problem",
      message: expect.stringMatching(/^left behind: volume /),
    });
    expect(stage.left()).toHaveLength(1);
  });
});
