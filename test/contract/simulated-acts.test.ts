import { beforeEach, describe, expect, it } from "vitest";
import { signInRaw } from "./raw-cloud.ts";
import { configOf, simulatedTarget } from "./simulated-target.ts";
import { imageIdIn, Stage } from "./stage.ts";

let target: ReturnType<typeof simulatedTarget>;
let stage: Stage;
beforeEach(async () => {
  target = simulatedTarget();
  stage = new Stage(target);
  await stage.open();
});

describe("a cloud told the same twice", () => {
  it("answers the same, ids and times included", async () => {
    const history = async (): Promise<unknown[]> => {
      const again = simulatedTarget();
      const teller = new Stage(again);
      await teller.open();
      const serverId = await teller.bootServer("web", { imageRef: teller.baseImageId });
      await teller.createImage(serverId, "image");
      await again.pass(60);
      const images = await teller.image("GET", "/v2/images");
      return [images, again.simulated.world.journal];
    };
    expect(await history()).toEqual(await history());
  });

  it("lets nothing happen but by asking", () => {
    const { simulated } = target;
    const server = simulated.operator.addServer({ name: "web" });
    simulated.world.after(5, () => {
      server.vmState = "stopped";
    });
    void target.pass(10);
    expect(server.vmState).toBe("active");
    expect(simulated.world.nextDueAtMs).toBe(target.now() - 5000);
    simulated.settle();
    expect(server.vmState).toBe("stopped");
  });
});

describe("the operator's acts", () => {
  it("what is made is seen by the project, what is deleted by hand is gone", async () => {
    const { operator } = target.simulated;
    const image = operator.addImage({ name: "golden", properties: { regild_recipe: "db" } });
    const root = operator.addVolume({ name: "root", image });
    const data = operator.addVolume({ name: "data", sizeGib: 2 });
    const server = operator.addServer({ name: "db", volumes: [root, data] });
    expect(await stage.observe("server", server.id)).toMatchObject({ status: "ACTIVE", image: "" });
    expect(await stage.observe("volume", root.id)).toMatchObject({
      status: "in-use",
      bootable: "true",
      volume_image_metadata: { regild_recipe: "db" },
    });
    const imageId = imageIdIn(await stage.createImage(server.id, stage.name("db")));
    expect(await stage.observe("image", imageId)).toMatchObject({ regild_recipe: "db" });
    const [snapshot] = operator.snapshotsNamed(`snapshot for ${stage.name("db")}`);

    operator.deleteServer(server.id);
    expect(await stage.observe("server", server.id)).toBeNull();
    expect(await stage.observe("volume", root.id)).toMatchObject({ status: "available" });
    operator.deleteVolume(data.id);
    expect(await stage.observe("volume", data.id)).toBeNull();
    operator.deleteSnapshot(snapshot?.id ?? "");
    expect(await stage.observe("snapshot", snapshot?.id ?? "")).toBeNull();
    operator.deleteImage(imageId);
    expect(await stage.observe("image", imageId)).toBeNull();
    operator.revokeTokens();
    expect((await stage.image("GET", "/v2/images")).status).toBe(401);
  });

  it("projects see nothing of each other's servers", async () => {
    const stranger = target.simulated.operator.addProject("stranger", "secret");
    const server = target.simulated.operator.addServer({ name: "theirs", project: stranger });
    expect(await stage.observe("server", server.id)).toBeNull();
    const { http } = target;
    const they = await signInRaw(http, configOf(target.simulated, stranger));
    const answer = await they.call({ service: "compute", path: `/servers/${server.id}` });
    expect(answer.status).toBe(200);
  });
});
