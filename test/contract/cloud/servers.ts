import { beforeAll, expect, it } from "vitest";
import * as z from "zod/mini";
import { itWithOperator } from "../needs-operator.ts";
import { imageIdIn, type Stage } from "../stage.ts";

/** Servers themselves: found, stopped, started, locked, broken. */
export function serversContract(stage: Stage): void {
  let serverId = "";
  beforeAll(async () => {
    serverId = await stage.bootServer(stage.name("web"), { imageRef: stage.baseImageId });
  });

  const act = (body: unknown) => stage.compute("POST", `/servers/${serverId}/action`, body);

  it("a list asks names as a regular expression, and pages by links", async () => {
    const other = await stage.bootServer(stage.name("web2"), { imageRef: stage.baseImageId });
    const body = await stage.compute(
      "GET",
      `/servers/detail?name=${stage.name("we[ab]").toUpperCase()}`,
    );
    const names = z.object({ servers: z.array(z.object({ name: z.string() })) });
    expect(names.parse(body.json).servers.map(({ name }) => name)).toEqual([
      stage.name("web2"),
      stage.name("web"),
    ]);
    const page = await stage.compute("GET", `/servers/detail?name=${stage.name("web")}&limit=1`);
    const links = z.object({
      servers: z.array(z.object({ id: z.string() })),
      servers_links: z.array(z.object({ rel: z.literal("next"), href: z.string() })),
    });
    const first = links.parse(page.json);
    expect(first.servers.map(({ id }) => id)).toEqual([other]);
    const next = new URL(first.servers_links[0]?.href ?? "");
    expect(next.searchParams.get("marker")).toBe(other);
    const second = await stage.compute("GET", `/servers/detail${next.search}`);
    expect(second.json).toMatchObject({ servers: [{ id: serverId }] });
    const unknown = await stage.compute(
      "GET",
      "/servers?marker=00000000-0000-0000-0000-000000000000",
    );
    expect(unknown.status).toBe(400);
    await stage.compute("DELETE", `/servers/${other}`);
  });

  it("stop and start are accepted once, and refused where there is nothing to do", async () => {
    expect((await act({ "os-start": null })).status).toBe(409);
    expect((await act({ "os-stop": null })).status).toBe(202);
    expect(await stage.observe("server", serverId)).toMatchObject({
      "OS-EXT-STS:task_state": "powering-off",
    });
    expect((await act({ "os-stop": null })).status).toBe(409);
    await stage.untilStatus("server", serverId, "SHUTOFF");
    await stage.untilIdle(serverId);
    const stopped = await act({ "os-stop": null });
    expect(stopped.json).toMatchObject({
      conflictingRequest: { message: expect.stringContaining("vm_state stopped") },
    });
    const image = imageIdIn(await stage.createImage(serverId, stage.name("stopped")));
    await stage.untilStatus("image", image, "active");
    await stage.untilIdle(serverId);
    expect((await act({ "os-start": null })).status).toBe(202);
    await stage.untilStatus("server", serverId, "ACTIVE");
    await stage.untilIdle(serverId);
  });

  it("a lock bars os-stop, not createImage", async () => {
    expect((await act({ lock: null })).status).toBe(202);
    const stop = await act({ "os-stop": null });
    expect(stop.status).toBe(409);
    expect(stop.json).toMatchObject({
      conflictingRequest: { message: `Instance ${serverId} is locked` },
    });
    const image = await stage.createImage(serverId, stage.name("locked"));
    expect(image.status).toBe(202);
    await stage.untilStatus("image", imageIdIn(image), "active");
    await stage.untilIdle(serverId);
    expect((await act({ unlock: null })).status).toBe(202);
  });

  itWithOperator(stage, "a server in ERROR is refused by its vm_state", async (operator) => {
    await operator.serverState(serverId, "error");
    expect(await stage.observe("server", serverId)).toMatchObject({ status: "ERROR" });
    const refused = await stage.createImage(serverId, stage.name("error"));
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({
      conflictingRequest: { message: expect.stringContaining("while it is in vm_state error") },
    });
    expect((await act({ "os-start": null })).status).toBe(409);
    await operator.serverState(serverId, "active");
  });
}
