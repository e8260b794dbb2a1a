import { beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { itWithOperator } from "../needs-operator.ts";
import { imageIdIn, type Stage } from "../stage.ts";
import { until } from "../target.ts";
import { toldByNova } from "../told-by-nova.ts";
import { expectUndone } from "./undone-writes.ts";

const TASKS = [
  "image_snapshot_pending",
  "image_snapshot",
  "image_pending_upload",
  "image_uploading",
  null,
];

const actionWithEvents = z.object({
  instanceAction: z.object({
    events: z.array(z.looseObject({ finish_time: z.nullable(z.string()) })),
  }),
});

/** createImage of a server whose disk Nova uploads itself. */
export function serverImageContract(stage: Stage): void {
  let serverId = "";
  beforeAll(async () => {
    serverId = await stage.bootServer(stage.name("imaged"), { imageRef: stage.baseImageId });
  });

  const act = (body: unknown, version?: string) =>
    stage.compute("POST", `/servers/${serverId}/action`, body, version);

  it("below 2.45 the image's id is the last part of Location, and the body is empty", async () => {
    for (const version of [undefined, "2.44"]) {
      const answer = await act({ createImage: { name: stage.name("located") } }, version);
      expect(answer.status).toBe(202);
      expect(answer.text).toBe("");
      const id = answer.headers["location"]?.split("/").at(-1) ?? "";
      await stage.untilStatus("image", id, "active");
      await stage.untilIdle(serverId);
    }
  });

  it("the image walks from queued to active while the server's task keeps others out", async () => {
    const name = stage.name("walk");
    const metadata = { purpose: "golden", image_type: "image", empty: "" };
    const answer = await act({ createImage: { name, metadata } }, "2.45");
    expect(answer.status).toBe(202);
    expect(answer.headers["location"]).toBeUndefined();
    const imageId = imageIdIn(answer);
    expect(await stage.observe("image", imageId)).toMatchObject({
      name,
      status: expect.stringMatching(/^(queued|saving)$/u),
      visibility: "private",
      size: null,
      disk_format: null,
      instance_uuid: serverId,
      base_image_ref: stage.baseImageId,
      // What the caller passes wins over Nova's own `snapshot`.
      image_type: "image",
      purpose: "golden",
      empty: "",
      tags: [],
    });

    const again = await act({ createImage: { name: stage.name("again") } });
    expect(again.status).toBe(409);
    expect(again.json).toMatchObject({
      conflictingRequest: {
        code: 409,
        message: expect.stringMatching(
          /^Cannot 'createImage' instance .* while it is in task_state image_/u,
        ),
      },
    });
    expect((await act({ "os-stop": null })).status).toBe(409);

    const tasks = new Set<unknown>();
    await until(stage.target, "an active image", async () => {
      tasks.add((await stage.observe("server", serverId))?.["OS-EXT-STS:task_state"]);
      const image = await stage.observe("image", imageId);
      expect(["queued", "saving", "active"]).toContain(image?.status);
      return image?.status === "active" ? image : null;
    });
    for (const task of tasks) expect(TASKS).toContain(task);
    expect(await stage.untilIdle(serverId)).toMatchObject({ status: "ACTIVE" });
    expect(await stage.observe("image", imageId)).toMatchObject({
      status: "active",
      size: expect.any(Number),
      checksum: expect.stringMatching(/^[0-9a-f]{32}$/u),
      disk_format: expect.any(String),
      image_location: "snapshot",
    });
  });

  it("names need not be unique; what Nova can not print is refused", async () => {
    for (const name of ["", "   ", " lead", "bell\u0007", "pile 💩", "n".repeat(256)]) {
      const answer = await act({ createImage: { name } }, "2.45");
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ badRequest: { code: 400 } });
    }
    const name = stage.name("a/b 日本");
    for (let twice = 0; twice < 2; twice += 1) {
      const id = imageIdIn(await stage.createImage(serverId, name));
      await stage.untilStatus("image", id, "active");
      await stage.untilIdle(serverId);
    }
  });

  it("metadata has its limits: 255 characters, 128 items, no field of Glance's own", async () => {
    const withMetadata = (metadata: Record<string, unknown>, version = "2.45") =>
      act({ createImage: { name: stage.name("limits"), metadata } }, version);
    expect((await withMetadata({ k: "v".repeat(256) })).status).toBe(400);
    expect((await withMetadata({ "k/": "v" })).status).toBe(400);
    expect((await withMetadata({ k: 1 })).status).toBe(400);
    const many = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
    const tooMany = await withMetadata(many(129), "2.38");
    expect(tooMany.status).toBe(403);
    expect(tooMany.json).toMatchObject({
      forbidden: { message: "Image metadata limit exceeded" },
    });
    // Nova's own limit went with 2.39; Glance's counts what Nova adds as well, and nobody catches it.
    expect((await withMetadata(many(129), "2.39")).status).toBe(500);
    expect((await withMetadata(many(128))).status).toBe(500);
    expect((await withMetadata({ min_ram: "abc" })).status).toBe(500);
    expect((await withMetadata({ protected: "true" })).status).toBe(500);
  });

  it("a server hands on 255 bytes of each property of its image, also the hashes of that image's file", async () => {
    const properties = {
      os_command_line: "x".repeat(300),
      motto: "é".repeat(200),
      "owner_specified.openstack.md5": "4032af8d61035123906e58e067140cc5",
    };
    const imageRef = await stage.makeImage(stage.name("long"), properties);
    const booted = await stage.bootServer(stage.name("of-long"), { imageRef });
    const imageId = imageIdIn(await stage.createImage(booted, stage.name("cut")));
    const image = await stage.observe("image", imageId);
    expect(image).toMatchObject({
      os_command_line: "x".repeat(255),
      motto: "é".repeat(127),
      "owner_specified.openstack.md5": "4032af8d61035123906e58e067140cc5",
    });
    await stage.untilStatus("image", imageId, "active");
  });

  it("an unknown server is 404, an unknown action and a broken body are 400", async () => {
    for (const id of ["00000000-0000-0000-0000-000000000000", "nope"]) {
      const answer = await stage.createImage(id, stage.name("nowhere"));
      expect(answer.status).toBe(404);
      expect(answer.json).toMatchObject({
        itemNotFound: { message: `Instance ${id} could not be found.` },
      });
    }
    expect((await act({ bogus: null })).status).toBe(400);
    expect((await act("{bad json")).status).toBe(400);
  });

  it("properties of the boot image come back on every later image, tags do not", async () => {
    const golden = await until(stage.target, "a golden image", async () => {
      const id = imageIdIn(await stage.createImage(serverId, stage.name("golden")));
      return stage.untilStatus("image", id, "active");
    });
    await stage.untilIdle(serverId);
    await stage.patch(golden.id, [{ op: "add", path: "/regild_recipe", value: "web" }]);
    await stage.image("PUT", `/v2/images/${golden.id}/tags/regild-current-web`);
    const childId = await stage.bootServer(stage.name("child"), { imageRef: golden.id });
    const grandId = imageIdIn(await stage.createImage(childId, stage.name("grand")));
    const grand = await stage.untilStatus("image", grandId, "active");
    expect(grand).toMatchObject({ regild_recipe: "web", tags: [] });
    await stage.untilIdle(childId);

    const list = await stage.compute("GET", `/servers/detail?image=${golden.id}`);
    expect(list.json).toMatchObject({ servers: [{ id: childId }] });
    expect((await stage.compute("DELETE", `/servers/${childId}`)).status).toBe(204);
    await stage.untilGone("server", childId);
  });

  it("createImage is noted in os-instance-actions, newest first", async () => {
    const answer = await stage.createImage(serverId, stage.name("noted"));
    const requestId = answer.headers["x-openstack-request-id"];
    await stage.untilStatus("image", imageIdIn(answer), "active");
    await stage.untilIdle(serverId);
    const list = await stage.compute("GET", `/servers/${serverId}/os-instance-actions`);
    const actions = z.object({ instanceActions: z.array(z.looseObject({})) });
    expect(actions.parse(list.json).instanceActions[0]).toMatchObject({
      action: "createImage",
      request_id: requestId,
      message: null,
      start_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000$/u),
    });
    // The image is active and the task over up to half a second before Nova writes down how the event ended.
    const path = `/servers/${serverId}/os-instance-actions/${requestId}`;
    const event = await until(stage.target, "the event's end", async () => {
      const shown = await stage.compute("GET", path, undefined, "2.62");
      const [first] = actionWithEvents.parse(shown.json).instanceAction.events;
      return (first?.finish_time ?? null) === null ? null : first;
    });
    expect(event).toMatchObject({ event: "compute_snapshot_instance", result: "Success" });
  });

  serverImageOperatorContract(stage, () => serverId);
}

function serverImageOperatorContract(stage: Stage, server: () => string): void {
  const act = (body: unknown) => stage.compute("POST", `/servers/${server()}/action`, body);
  const taskOf = async (): Promise<unknown> =>
    (await stage.observe("server", server()))?.["OS-EXT-STS:task_state"];

  itWithOperator(
    stage,
    "a stopped server can not be started while its image is uploaded",
    async (operator) => {
      await act({ "os-stop": null });
      await stage.untilStatus("server", server(), "SHUTOFF");
      await stage.untilIdle(server());
      operator.uploads({ savingSeconds: 3 });
      const imageId = imageIdIn(await stage.createImage(server(), stage.name("slow")));
      await stage.untilStatus("image", imageId, "saving");
      const start = await act({ "os-start": null });
      expect(start.status).toBe(409);
      expect(start.json).toMatchObject({
        conflictingRequest: { message: expect.stringContaining("task_state image_uploading") },
      });
      await stage.untilStatus("image", imageId, "active");
      await stage.untilIdle(server());
      expect((await act({ "os-start": null })).status).toBe(202);
      await stage.untilStatus("server", server(), "ACTIVE");
      await stage.untilIdle(server());
    },
  );

  itWithOperator(
    stage,
    "an image deleted while it is saved leaves the server's task until the upload would have ended",
    async (operator) => {
      operator.uploads({ savingSeconds: 4 });
      const imageId = imageIdIn(await stage.createImage(server(), stage.name("deleted")));
      await stage.untilStatus("image", imageId, "saving");
      expect((await stage.image("DELETE", `/v2/images/${imageId}`)).status).toBe(204);
      expect(await stage.observe("image", imageId)).toBeNull();
      expect(await taskOf()).toBe("image_uploading");
      await stage.untilIdle(server());
      expect(await stage.observe("image", imageId)).toBeNull();
    },
  );

  itWithOperator(
    stage,
    "what is written on an image while Nova saves it is undone when it becomes active",
    async (operator) => {
      operator.uploads({ savingSeconds: 3 });
      const imageId = imageIdIn(await stage.createImage(server(), stage.name("saved")));
      await expectUndone(stage, imageId, stage.name("saved"));
      await stage.untilIdle(server());
    },
  );

  itWithOperator(
    stage,
    "a broken upload of a server deletes the image and leaves Error in os-instance-actions",
    async (operator) => {
      operator.uploads({ savingSeconds: 1, broken: true });
      const answer = await stage.createImage(server(), stage.name("broken"));
      await stage.untilGone("image", imageIdIn(answer));
      expect(await stage.untilIdle(server())).toMatchObject({ status: "ACTIVE" });
      const requestId = answer.headers["x-openstack-request-id"];
      const path = `/servers/${server()}/os-instance-actions/${requestId}`;
      const end = (await toldByNova(stage))
        ? { message: "Error", events: [expect.objectContaining({ result: "Error" })] }
        : { message: null, events: [expect.objectContaining({ result: "Success" })] };
      await until(stage.target, "the action's end", async () => {
        const { json } = await stage.compute("GET", path, undefined, "2.62");
        const [event] = actionWithEvents.parse(json).instanceAction.events;
        if (event?.finish_time == null) return null;
        expect(json).toMatchObject({ instanceAction: end });
        return true;
      });
    },
  );
}
