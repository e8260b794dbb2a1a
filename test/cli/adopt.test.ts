import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adoptionDocument } from "../../local/view/adoption.ts";
import { historyDocument } from "../../local/view/history.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

describe("regild adopt", { timeout: 60_000 }, () => {
  let place: Workplace;
  const madeByHand = (fields: Parameters<Workplace["cloud"]["operator"]["addImage"]>[0] = {}) =>
    place.cloud.operator.addImage({ name: "by hand", ...fields });
  const adopt = (id: string, ...args: string[]) =>
    place.regild("adopt", id, "--recipe", "web", ...args);
  beforeAll(async () => {
    place = await openWorkplace();
    place.write(
      "recipes.yml",
      "recipes: { web: { cloud: demo, server: web, keep: 1, cooling_off: 0s }, data: { cloud: demo, volume: data } }",
    );
    await place.regild("refresh", "web", "--wait");
    await place.regild("refresh", "data", "--wait");
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("shows what it would do, and does nothing where nobody can answer", async () => {
    const { id } = madeByHand();
    const { status, out, err } = await adopt(id);
    expect(out).toContain(`Regild will take image by hand (${id}) into the line of web:`);
    expect(out).toContain("it fills only a free place of keep, and goes first");
    expect(out).toContain("next: will be deleted at the next clean-up");
    expect(err).toContain(`Do it: regild adopt ${id} --recipe web --yes`);
    expect(status).toBe(6);
    expect((await place.regild("images", "web")).out).not.toContain(id);
  });

  it("takes an image with its snapshots into the line, and the rules delete it from then on", async () => {
    const volume = place.cloud.operator.addVolume({ name: "disk" });
    const mapping = (snapshotId: string) =>
      JSON.stringify([{ source_type: "snapshot", snapshot_id: snapshotId, boot_index: 0 }]);
    const snapshotId = place.cloud.world.newId();
    place.cloud.world.snapshots.set(snapshotId, {
      id: snapshotId,
      name: "of the disk",
      description: null,
      projectId: volume.projectId,
      volumeId: volume.id,
      status: "available",
      sizeGib: 1,
      metadata: {},
      createdAtMs: Date.now(),
      updatedAtMs: Date.now(),
    });
    const { id } = madeByHand({ properties: { block_device_mapping: mapping(snapshotId) } });
    const { status, out } = await adopt(id, "--yes", "--reason", "older than Regild", "-o", "json");
    expect(status).toBe(0);
    expect(adoptionDocument.parse(JSON.parse(out))).toMatchObject({
      adopted: true,
      image: { id, state: "retired", snapshots: [snapshotId] },
    });
    const { out: history } = await place.regild("history", "web", "-o", "json");
    const adopted = historyDocument
      .parse(JSON.parse(history))
      .events.filter(({ kind, image }) => kind === "adopted" && image?.id === id);
    expect(adopted).toMatchObject([
      { reason: "older than Regild", by: expect.stringContaining("(cli)") },
    ]);
    expect((await adopt(id, "--yes")).err).toContain(`image ${id} is in the line of web (retired)`);
    const owner = place.cloud.world.firstZone.images.get(id)?.properties["regild_owner"];
    expect(owner).toMatch(new RegExp(`/web-[0-9-]+-adopti/adopti/${id}$`));
    const plan = await place.regild("clean-up", "--recipe", "web", "--yes");
    expect(plan.status).toBe(0);
    expect(place.cloud.world.firstZone.images.has(id)).toBe(false);
    expect(place.cloud.world.snapshots.has(snapshotId)).toBe(false);
  });

  it.each([["00000000-0000-4000-8000-000000000000", "--yes"], ["by hand", "--yes"], ["nonsense"]])(
    "finds nothing by %s",
    async (id, ...args) => {
      const { status, out, err } = await adopt(id, ...args);
      expect({ status, out, err }).toEqual({
        status: 2,
        out: "",
        err: `regild: There is no image and no snapshot with the id ${id} in cloud demo
→ Write an id, not a name. What is in the project: regild clean-up --dry-run
`,
      });
    },
  );

  it("refuses what is somebody else's, protected, or not active, and changes nothing", async () => {
    const stranger = place.cloud.operator.addProject("stranger", "stranger-secret").project.id;
    const there = [...place.cloud.world.firstZone.images.values()];
    const data = there.find(({ name }) => name?.startsWith("data-") === true);
    const foreign = place.cloud.world.newId();
    const owner = { regild_owner: `home00home00/web-1/try/${foreign}` };
    const used = madeByHand();
    place.cloud.operator.addServer({ name: "app-1", image: used });
    const base = madeByHand();
    const [web] = [...place.cloud.world.servers.values()].filter(({ name }) => name === "web");
    if (web === undefined) throw new Error("no server web");
    web.imageId = base.id;
    const cases: Array<[string, string]> = [
      [madeByHand({ projectId: stranger, visibility: "public" }).id, "belongs to project"],
      [madeByHand({ protected: true }).id, "is protected"],
      [madeByHand({ status: "deactivated" }).id, "is deactivated, not active"],
      [data?.id ?? "", "is in the line of data"],
      [
        madeByHand({ id: foreign, properties: owner }).id,
        "was made by Regild (installation home00",
      ],
      [madeByHand({ tags: ["regild-current-db"] }).id, "has the tag regild-current-db"],
      [madeByHand({ tags: ["regild-retired"] }).id, "has the tag regild-retired"],
      [madeByHand({ projectId: stranger, visibility: "community" }).id, "belongs to project"],
      [used.id, "is in use by server app-1"],
      [base.id, "is in use by server web"],
    ];
    for (const [id, why] of cases) {
      const { status, err } = await adopt(id, "--yes");
      expect(err).toContain("Refused: ");
      expect(err).toContain(why);
      expect(status).toBe(6);
    }
    const { out } = await place.regild("images", "web", "-o", "json");
    for (const [id] of cases) expect(out).not.toContain(`"${id}"`);
  });

  it("asks whose line where there are several recipes", async () => {
    const { status, err } = await place.regild("adopt", madeByHand().id, "--yes");
    expect(err).toContain("Say whose line: --recipe web");
    expect(status).toBe(2);
    const mistyped = await place.regild("adopt", madeByHand().id, "--recipe", "webs");
    expect(mistyped).toMatchObject({ status: 2, out: "" });
    expect(mistyped.err).toContain("No recipe is named webs\n→ Did you mean web?");
  });

  it("takes an image that inherited the mark of another one, and no other recipe takes it after that", async () => {
    const { id } = madeByHand({ properties: { regild_owner: "home00home00/web-1/try/another" } });
    expect((await adopt(id, "--yes")).status).toBe(0);
    place.write("recipes.yml", "recipes: { data: { cloud: demo, volume: data } }");
    const second = await place.regild("adopt", id, "--recipe", "data", "--yes");
    expect(second.err).toContain(`image ${id} was taken into a recipe's line (installation`);
    expect(second.status).toBe(6);
  });
});
