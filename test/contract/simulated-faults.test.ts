import { beforeEach, describe, expect, it } from "vitest";
import type { Effect, Fault } from "../../local/simulated-cloud/faults.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { openTransport } from "../../local/transport.ts";
import type { Http, HttpRequest } from "../../shared/ports.ts";
import { signInRaw } from "./raw-cloud.ts";
import { configOf, simulatedTarget } from "./simulated-target.ts";
import { idIn, imageIdIn, Stage } from "./stage.ts";

type SimulatedTarget = ReturnType<typeof simulatedTarget>;

let target: SimulatedTarget;
let stage: Stage;
beforeEach(async () => {
  target = simulatedTarget();
  stage = new Stage(target);
  await stage.open();
});

function plan(operation: string, effect: Effect, on: Omit<Fault["on"], "operation"> = {}): void {
  target.simulated.faults.add({ on: { operation, ...on }, effect });
}

const imagesMade = (): number => target.simulated.world.firstZone.images.size - 1;

/** A create that can be told from another: POST /v2/images. */
function createRequest(fields: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "POST",
    url: `${stage.raw.endpoint("image")}/v2/images`,
    headers: { "x-auth-token": stage.raw.token, "content-type": "application/json" },
    body: JSON.stringify({ name: stage.name("made") }),
    timeoutMs: 10_000,
    ...fields,
  };
}

describe("what goes wrong with an exchange", () => {
  const send = () => target.http.send(createRequest());

  it("an answer lost on the way is a failure, and the thing is made", async () => {
    plan("image.create", { kind: "reset", executed: true });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    expect(imagesMade()).toBe(1);
  });

  it("a request lost on the way looks the same, and nothing is made", async () => {
    plan("image.create", { kind: "silence", executed: false });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    expect(imagesMade()).toBe(0);
  });

  it("an unreachable service was provably not asked", async () => {
    plan("image.create", { kind: "unreachable" });
    expect(await send()).toMatchObject({ kind: "failure", sent: false });
    expect(imagesMade()).toBe(0);
  });

  it("a delayed request is done when nobody waits for it any more", async () => {
    plan("image.create", { kind: "delayed", seconds: 300 });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    await target.pass(299);
    target.simulated.settle();
    expect(imagesMade()).toBe(0);
    await target.pass(1);
    target.simulated.settle();
    expect(imagesMade()).toBe(1);
  });

  it("an answer slower than the time-out is none, a quicker one is whole", async () => {
    plan("image.create", { kind: "latency", seconds: 11 });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    plan("image.create", { kind: "latency", seconds: 9 });
    expect(await send()).toMatchObject({ kind: "response", status: 201 });
    expect(imagesMade()).toBe(2);
  });

  it("a status is answered in the service's own words, done or not", async () => {
    plan("image.create", { kind: "status", status: 503, executed: true });
    expect(await send()).toMatchObject({
      status: 503,
      text: expect.stringContaining("<h1>503 Service Unavailable</h1>"),
    });
    expect(imagesMade()).toBe(1);
    plan("compute.listServers", {
      kind: "status",
      status: 429,
      headers: { "retry-after": "7" },
      message: "slow down",
    });
    const limited = await stage.compute("GET", "/servers");
    expect(limited.headers["retry-after"]).toBe("7");
    expect(limited.json).toEqual({
      overLimit: { code: 429, message: "slow down", retryAfter: "7" },
    });
    plan("compute.listServers", { kind: "status", status: 502, html: true });
    const proxy = await stage.compute("GET", "/servers");
    expect(proxy).toMatchObject({ status: 502, json: null });
    expect(proxy.text).toContain("<title>502 Bad Gateway</title>");
  });

  it("a truncated answer is no JSON", async () => {
    plan("image.create", { kind: "truncated" });
    const answer = await send();
    const text = answer.kind === "response" ? answer.text : "";
    expect(text).toMatch(/^\{/u);
    expect(() => void JSON.parse(text)).toThrow(SyntaxError);
  });

  it("a fault strikes the requests it names, from the nth on, so many times", async () => {
    plan("image.show", { kind: "status", status: 500 }, { nth: 2, times: 2 });
    target.simulated.faults.add({
      on: { method: "GET", path: "/v2/images$", times: Infinity },
      effect: { kind: "status", status: 504 },
    });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) {
      statuses.push((await stage.image("GET", `/v2/images/${stage.baseImageId}`)).status);
    }
    expect(statuses).toEqual([200, 500, 500, 200]);
    for (let twice = 0; twice < 2; twice += 1) {
      expect((await stage.image("GET", "/v2/images")).status).toBe(504);
    }
    target.simulated.faults.clear();
    expect((await stage.image("GET", "/v2/images")).status).toBe(200);
  });

  it("handle() knows no network: it executes and answers whatever was planned for the exchange", () => {
    plan("image.create", { kind: "silence", executed: false });
    expect(target.simulated.handle(createRequest())).toMatchObject({ status: 201 });
  });
});

describe("what goes wrong over HTTP", () => {
  const overHttp = async (test: (http: Http) => Promise<void>): Promise<void> => {
    const { close } = await serveCloud(target.simulated, { port: 0 });
    const proxies = { always: null, http: null, https: null, noProxy: null };
    const tls = { ca: null, cert: null, key: null, verify: true };
    const http = openTransport({ tls, proxies });
    const config = configOf(target.simulated, target.simulated.demo);
    stage = new Stage({ ...target, http, config });
    await stage.open();
    try {
      await test(http);
    } finally {
      await close();
    }
  };

  it("a reset and a silence are failures after sending", () =>
    overHttp(async (http) => {
      plan("image.create", { kind: "reset", executed: true });
      expect(await http.send(createRequest())).toMatchObject({ kind: "failure", sent: true });
      plan("image.create", { kind: "silence", executed: true });
      const brief = createRequest({ timeoutMs: 50 });
      expect(await http.send(brief)).toMatchObject({ kind: "failure", sent: true });
      expect(imagesMade()).toBe(2);
    }));
});

describe("what goes wrong with what was accepted", () => {
  let serverId = "";
  const snapshotStatuses = (name: string): string[] =>
    target.simulated.operator.snapshotsNamed(`snapshot for ${name}`).map(({ status }) => status);

  beforeEach(async () => {
    serverId = await stage.bootServer(stage.name("web"), { imageRef: stage.baseImageId });
  });
  const create = async (): Promise<string> =>
    imageIdIn(await stage.createImage(serverId, stage.name("image")));

  it("an upload that never ends leaves image and server as they are", async () => {
    plan("compute.createImage", { kind: "upload-never-ends" });
    const imageId = await create();
    await target.pass(86_400);
    expect(await signedInAgain(() => stage.look("image", imageId))).toMatchObject({
      status: "saving",
    });
    expect(await stage.look("server", serverId)).toMatchObject({
      "OS-EXT-STS:task_state": "image_uploading",
    });
  });

  /** A day later the token is too old. */
  async function signedInAgain<Seen>(look: () => Promise<Seen>): Promise<Seen> {
    await stage.open();
    return look();
  }

  it("an image that goes back to queued stays there, and its server is free again", async () => {
    plan("compute.createImage", { kind: "upload-reverts" });
    const imageId = await create();
    await stage.untilStatus("image", imageId, "saving");
    await stage.untilIdle(serverId);
    expect(await stage.look("image", imageId)).toMatchObject({ status: "queued" });
  });

  it("an upload whose token has expired before its data flows is broken", async () => {
    target.simulated.settings.tokenSeconds = 5;
    target.simulated.settings.queuedSeconds = 10;
    await stage.open();
    const imageId = await create();
    await target.pass(11);
    await stage.open();
    expect(await stage.look("image", imageId)).toBeNull();
    expect(await stage.untilIdle(serverId)).toMatchObject({ status: "ACTIVE" });
  });

  it("an image vanishes when it is told to", async () => {
    plan("compute.createImage", { kind: "image-vanishes", afterSeconds: 10 });
    const imageId = await create();
    expect(await stage.untilStatus("image", imageId, "active")).toMatchObject({ id: imageId });
    expect(await stage.untilGone("image", imageId)).toBe(true);
  });

  it("an unknown status is shown in place of saving", async () => {
    plan("compute.createImage", { kind: "unknown-status", status: "pondering" });
    const imageId = await create();
    expect(await stage.untilStatus("image", imageId, "pondering")).toMatchObject({ size: null });
    expect(await stage.untilStatus("image", imageId, "active")).toMatchObject({ id: imageId });
  });

  it("K5: a failed synchronisation stands on the active image, in either spelling", async () => {
    for (const property of ["sync_status_reason", "sync_reason_status"] as const) {
      plan("compute.createImage", { kind: "sync-fails", property, reason: "ERROR:timeout" });
      const imageId = await create();
      const image = await stage.untilStatus("image", imageId, "active");
      expect(image[property]).toBe("ERROR:timeout");
      await stage.untilIdle(serverId);
    }
  });

  it("a synchronised image is in every region under one id", async () => {
    target.simulated.settings.syncSeconds = 5;
    const imageId = await create();
    await stage.untilStatus("image", imageId, "active");
    const inSecond = { service: "image", region: "az2", path: `/v2/images/${imageId}` } as const;
    expect((await stage.call(inSecond)).status).toBe(404);
    await target.pass(5);
    expect((await stage.call(inSecond)).json).toMatchObject({ id: imageId, status: "active" });
  });

  it("one of several snapshots ends in error, with the image active all the same", async () => {
    const made = await stage.makeVolumeServer(stage.name("db"));
    plan("compute.createImage", { kind: "snapshot-fails", number: 2 });
    const name = stage.name("half");
    const imageId = imageIdIn(await stage.createImage(made.serverId, name));
    expect(await stage.look("image", imageId)).toMatchObject({ status: "active" });
    expect(snapshotStatuses(name)).toEqual(["creating", "creating"]);
    await target.pass(1);
    expect(snapshotStatuses(name).toSorted()).toEqual(["available", "error"]);
  });

  it("createImage that fails half-way leaves the snapshots made so far, and no image", async () => {
    const made = await stage.makeVolumeServer(stage.name("db"));
    plan("compute.createImage", { kind: "snapshots-cut", after: 1 });
    const before = imagesMade();
    const answer = await stage.createImage(made.serverId, stage.name("cut"));
    expect(answer.status).toBe(500);
    expect(snapshotStatuses(stage.name("cut"))).toHaveLength(1);
    expect(imagesMade()).toBe(before);
  });

  it("a snapshot whose deletion was accepted is there again, and a message says why", async () => {
    const volumeId = await stage.makeVolume(stage.name("volume"));
    const snapshot = { volume_id: volumeId, name: stage.name("busy") };
    const id = idIn(await stage.volume("POST", "/snapshots", { snapshot }), "snapshot");
    await stage.untilStatus("snapshot", id, "available");
    plan("volume.deleteSnapshot", { kind: "snapshot-stays" });
    expect((await stage.volume("DELETE", `/snapshots/${id}`)).status).toBe(202);
    expect(await stage.look("snapshot", id)).toMatchObject({ status: "deleting" });
    await stage.untilStatus("snapshot", id, "available");
    const path = `/messages?resource_uuid=${id}`;
    expect((await stage.volume("GET", path, undefined, "3.5")).json).toMatchObject({
      messages: [{ resource_uuid: id, user_message: "delete snapshot:Snapshot is busy." }],
    });
    expect((await stage.volume("DELETE", `/snapshots/${id}`)).status).toBe(202);
    await stage.untilGone("snapshot", id);
  });

  it("an image in use refuses its deletion with 409", async () => {
    const image = target.simulated.operator.addImage({ name: "parent", inUse: true });
    const answer = await stage.image("DELETE", `/v2/images/${image.id}`);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain("could not be deleted because it is in use");
  });

  it("lists lag behind what is shown by id, coming and going", async () => {
    target.simulated.settings.listLagSeconds = 30;
    const id = await stage.makeImage(stage.name("lagging"));
    const listed = async () =>
      (await stage.list("image", `/v2/images?id=in:${id}`, "images")).length;
    expect(await stage.look("image", id)).toMatchObject({ status: "active" });
    expect(await listed()).toBe(0);
    await target.pass(30);
    expect(await listed()).toBe(1);
    await stage.image("DELETE", `/v2/images/${id}`);
    expect(await stage.look("image", id)).toBeNull();
    expect(await listed()).toBe(1);
    await target.pass(30);
    expect(await listed()).toBe(0);
  });
});

describe("a cloud told the same twice", () => {
  it("answers the same, ids and times included", async () => {
    const story = async (): Promise<unknown[]> => {
      const again = simulatedTarget();
      const teller = new Stage(again);
      await teller.open();
      const serverId = await teller.bootServer("web", { imageRef: teller.baseImageId });
      await teller.createImage(serverId, "image");
      await again.pass(60);
      const images = await teller.image("GET", "/v2/images");
      return [images, again.simulated.world.journal];
    };
    expect(await story()).toEqual(await story());
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
    expect(await stage.look("server", server.id)).toMatchObject({ status: "ACTIVE", image: "" });
    expect(await stage.look("volume", root.id)).toMatchObject({
      status: "in-use",
      bootable: "true",
      volume_image_metadata: { regild_recipe: "db" },
    });
    const imageId = imageIdIn(await stage.createImage(server.id, stage.name("db")));
    expect(await stage.look("image", imageId)).toMatchObject({ regild_recipe: "db" });
    const [snapshot] = operator.snapshotsNamed(`snapshot for ${stage.name("db")}`);

    operator.deleteServer(server.id);
    expect(await stage.look("server", server.id)).toBeNull();
    expect(await stage.look("volume", root.id)).toMatchObject({ status: "available" });
    operator.deleteVolume(data.id);
    expect(await stage.look("volume", data.id)).toBeNull();
    operator.deleteSnapshot(snapshot?.id ?? "");
    expect(await stage.look("snapshot", snapshot?.id ?? "")).toBeNull();
    operator.deleteImage(imageId);
    expect(await stage.look("image", imageId)).toBeNull();
    operator.revokeTokens();
    expect((await stage.image("GET", "/v2/images")).status).toBe(401);
  });

  it("projects see nothing of each other's servers", async () => {
    const stranger = target.simulated.operator.addProject("stranger", "secret");
    const server = target.simulated.operator.addServer({ name: "theirs", project: stranger });
    expect(await stage.look("server", server.id)).toBeNull();
    const { http } = target;
    const they = await signInRaw(http, configOf(target.simulated, stranger));
    const answer = await they.call({ service: "compute", path: `/servers/${server.id}` });
    expect(answer.status).toBe(200);
  });
});
