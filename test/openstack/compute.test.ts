import { describe, expect, test } from "vitest";
import { fakeCloud, ID, inTurn, lost, NOW_MS, refusal, response } from "./fake-cloud.ts";

const server = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  name: "web",
  status: "ACTIVE",
  tenant_id: "p",
  ...fields,
});

describe("createImage", () => {
  test("takes the id from the end of Location below 2.45", async () => {
    const location = `http://127.0.0.1:9292/images/${ID}`;
    const fake = fakeCloud(inTurn(response(202, "", { location })), {
      newest: { compute: "2.44" },
    });
    expect(await fake.cloud.compute.createImage("s", "n", { k: "v" })).toEqual({ imageId: ID });
    expect(fake.requests[0]?.body).toBe('{"createImage":{"name":"n","metadata":{"k":"v"}}}');
  });

  test("takes the id from the body from 2.45", async () => {
    const fake = fakeCloud(inTurn(response(202, { image_id: ID })));
    expect(await fake.cloud.compute.createImage("s", "n", {})).toEqual({ imageId: ID });
  });

  test.each([
    ["nothing", response(202)],
    ["half a body", response(202, '{"image_id":"97b9')],
    ["a Location without an id", response(202, "", { location: "http://g/images/" })],
  ])("answered with %s may have been done", async (_name, answer) => {
    const fake = fakeCloud(inTurn(answer));
    expect((await refusal(fake.cloud.compute.createImage("s", "n", {}))).kind).toBe("unanswered");
  });

  test("asks nothing more once the image is made: an answer must not be lost", async () => {
    const fake = fakeCloud((request) => {
      expect(request.method).toBe("POST");
      fake.clock.nowMs += 90_000_000;
      return response(202, { image_id: ID });
    });
    await fake.cloud.compute.createImage("s", "n", {});
    expect(fake.calls.at(-1)?.method).toBe("POST");
  });
});

describe("a server", () => {
  test("is null when Nova says 404", async () => {
    const fake = fakeCloud(inTurn(response(404, { itemNotFound: { message: "x" } })));
    expect(await fake.cloud.compute.server(ID)).toBeNull();
  });

  test("is read with what old clouds leave out", async () => {
    const fake = fakeCloud(inTurn(response(200, { server: server({ image: "" }) })));
    expect(await fake.cloud.compute.server(ID)).toEqual({
      id: ID,
      name: "web",
      status: "ACTIVE",
      taskState: null,
      imageId: null,
      volumeIds: [],
      availabilityZone: null,
      projectId: "p",
      locked: null,
      faultMessage: null,
      addresses: [],
      metadata: {},
      oddFields: [],
    });
  });

  test("keeps a status nobody has heard of", async () => {
    const fake = fakeCloud(inTurn(response(200, { server: server({ status: "DREAMING" }) })));
    expect((await fake.cloud.compute.server(ID))?.status).toBe("DREAMING");
  });

  test("that is cut off is transient, not absent", async () => {
    const fake = fakeCloud(inTurn(response(200, '{"server": {"id"')));
    expect((await refusal(fake.cloud.compute.server(ID))).kind).toBe("transient");
  });
});

describe("finding by name", () => {
  test("asks for more than the name and keeps what is exactly it", async () => {
    const servers = [server(), server({ name: "WEB (1)" }), server({ name: "web (1)" })];
    const fake = fakeCloud(inTurn(response(200, { servers })));
    const found = await fake.cloud.compute.findServers("web (1)");
    expect(found.map((found) => found.name)).toEqual(["web (1)"]);
    expect(new URL(fake.requests[0]?.url ?? "").searchParams.get("name")).toBe("^web.+1.+$");
  });

  test("gives all of one name", async () => {
    const fake = fakeCloud(inTurn(response(200, { servers: [server(), server({ id: "other" })] })));
    expect(await fake.cloud.compute.findServers("web")).toHaveLength(2);
  });

  test("takes a name that looks like an id for a name when there is no such id", async () => {
    const fake = fakeCloud(
      inTurn(
        response(404, { itemNotFound: {} }),
        response(200, { servers: [server({ name: ID })] }),
      ),
    );
    expect(await fake.cloud.compute.findServers(ID)).toHaveLength(1);
  });

  test("reads every page", async () => {
    const links = { servers_links: [{ rel: "next", href: "http://wrong.example/x?marker=other" }] };
    const fake = fakeCloud(
      inTurn(
        response(200, { servers: [server()], ...links }),
        response(200, { servers: [server({ id: "second" })] }),
      ),
    );
    expect(await fake.cloud.compute.findServers("web")).toHaveLength(2);
    const second = new URL(fake.requests[1]?.url ?? "");
    expect([second.host, second.searchParams.get("marker")]).toEqual(["nova.example", ID]);
  });
});

test("servers of an image are those that Nova and we agree on", async () => {
  const servers = [server({ image: { id: "img" } }), server({ image: { id: "x" }, name: "other" })];
  const fake = fakeCloud(inTurn(response(200, { servers })));
  expect(await fake.cloud.compute.serversFrom("img")).toEqual(["web"]);
});

describe("stop and start", () => {
  const conflict = response(409, { conflictingRequest: { message: "in vm_state stopped" } });

  test("leave a server that is so already", async () => {
    const off = response(200, { server: server({ status: "SHUTOFF" }) });
    const fake = fakeCloud(inTurn(conflict, off));
    await expect(fake.cloud.compute.stop(ID)).resolves.toBeUndefined();
  });

  test("fail where the server is not so", async () => {
    const on = response(200, { server: server() });
    const fake = fakeCloud(inTurn(conflict, on));
    expect((await refusal(fake.cloud.compute.stop(ID))).code).toBe("conflict");
  });

  test("are busy while another task runs, without a further check", async () => {
    const busy = response(409, { conflictingRequest: { message: "in task_state image_snapshot" } });
    const fake = fakeCloud(inTurn(busy));
    expect((await refusal(fake.cloud.compute.start(ID))).code).toBe("busy");
  });

  test("a lost stop stays unanswered", async () => {
    const fake = fakeCloud(inTurn(lost));
    expect((await refusal(fake.cloud.compute.stop(ID))).kind).toBe("unanswered");
    expect(fake.requests[0]?.fresh).toBe(true);
  });
});

describe("why an action failed", () => {
  const action = (fields: Record<string, unknown>) => ({
    action: "createImage",
    request_id: "req-9",
    start_time: "2026-11-22T05:00:00.000000",
    message: "Error",
    ...fields,
  });
  const list = (...instanceActions: unknown[]) => response(200, { instanceActions });
  const detail = response(200, {
    instanceAction: {
      events: [{ event: "compute_snapshot_instance", result: "Error", details: "no space" }],
    },
  });

  test("is in the event of the newest one", async () => {
    const fake = fakeCloud(inTurn(list(action({})), detail));
    expect(await fake.cloud.compute.failureOf(ID, "createImage", NOW_MS + 900)).toEqual({
      message: "compute_snapshot_instance ended in Error: no space",
      requestId: "req-9",
    });
  });

  test.each([
    ["it did not", list(action({ message: null }))],
    [
      "a later one did not",
      list(action({}), action({ message: null, start_time: "2026-11-22T05:00:09.000000" })),
    ],
    ["it was before", list(action({ start_time: "2026-11-22T04:59:59.000000" }))],
    ["it was another action", list(action({ action: "stop" }))],
    ["the cloud does not show it", response(403, { forbidden: { message: "Policy doesn't …" } })],
    ["the server is gone", response(404, { itemNotFound: {} })],
  ])("is not told when %s", async (_name, answer) => {
    const fake = fakeCloud(inTurn(answer));
    expect(await fake.cloud.compute.failureOf(ID, "createImage", NOW_MS)).toBeNull();
  });
});
