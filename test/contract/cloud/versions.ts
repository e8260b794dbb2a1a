import { expect, it } from "vitest";
import type { Stage } from "../stage.ts";

export function versionsContract(stage: Stage): void {
  const roots = { token: null, root: true, path: "/" } as const;

  it("version documents need no token: 200 at compute, 300 at volume and image", async () => {
    const compute = await stage.call({ service: "compute", ...roots });
    expect(compute.status).toBe(200);
    expect(compute.json).toMatchObject({
      versions: expect.arrayContaining([
        expect.objectContaining({
          id: "v2.1",
          min_version: "2.1",
          version: expect.stringMatching(/^2\.\d+$/u),
        }),
      ]),
    });
    const volume = await stage.call({ service: "volume", ...roots });
    expect(volume.status).toBe(300);
    expect(volume.json).toMatchObject({
      versions: [{ id: "v3.0", min_version: "3.0", version: expect.stringMatching(/^3\.\d+$/u) }],
    });
    const image = await stage.call({ service: "image", ...roots });
    expect(image.status).toBe(300);
    expect(image.json).toMatchObject({
      versions: expect.arrayContaining([
        expect.objectContaining({ id: expect.stringMatching(/^v2\.\d+$/u), status: "CURRENT" }),
      ]),
    });
  });

  it("an answer tells the microversion it speaks; one above the newest is 406", async () => {
    const asked = await stage.compute("GET", "/servers", undefined, "2.45");
    expect(asked.headers["openstack-api-version"]).toBe("compute 2.45");
    const plain = await stage.volume("GET", "/volumes");
    expect(plain.headers["openstack-api-version"]).toBe("volume 3.0");
    expect((await stage.compute("GET", "/servers", undefined, "2.999")).status).toBe(406);
    expect((await stage.volume("GET", "/volumes", undefined, "3.999")).status).toBe(406);
    expect((await stage.compute("GET", "/servers", undefined, "abc")).status).toBe(400);
  });

  it("every answer carries a request id, and a date unless uwsgi sends it by itself", async () => {
    for (const answer of [
      await stage.compute("GET", "/servers"),
      await stage.volume("GET", "/volumes"),
      await stage.image("GET", "/v2/images"),
    ]) {
      expect(answer.headers["x-openstack-request-id"]).toMatch(/^req-[0-9a-f-]{36}$/u);
      expect(answer.headers["date"] ?? "none").toMatch(
        /^(none|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)$/u,
      );
    }
  });

  it("the legacy compute path knows no microversions", async () => {
    const path = `/v2/${stage.raw.projectId}/servers/detail`;
    const answer = await stage.call({ service: "compute", root: true, path, version: "2.45" });
    expect(answer.status).toBe(200);
    expect(answer.headers["openstack-api-version"]).toBeUndefined();
  });
}
