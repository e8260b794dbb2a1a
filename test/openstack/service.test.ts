import { describe, expect, test } from "vitest";
import {
  fakeCloud,
  ID,
  inTurn,
  lost,
  notSent,
  PROJECT,
  refusal,
  response,
  TIMING,
} from "./fake-cloud.ts";

type Fake = ReturnType<typeof fakeCloud>;

const absent = response(404, { itemNotFound: { code: 404, message: "gone" } });
const accepted = response(202, { image_id: ID });

describe("without an answer", () => {
  test("a read is sent at most three times, at once", async () => {
    const saved = fakeCloud(inTurn(lost, lost, absent));
    expect(await saved.cloud.images.image(ID)).toBeNull();
    const given = fakeCloud(inTurn(lost, notSent, lost));
    expect((await refusal(given.cloud.images.image(ID))).kind).toBe("transient");
    expect(given.calls.filter((call) => call.status === null)).toHaveLength(3);
  });

  test.each([
    ["a create", (fake: Fake) => fake.cloud.compute.createImage("s", "n", {})],
    ["a start", (fake: Fake) => fake.cloud.compute.start("s")],
    ["a delete", (fake: Fake) => fake.cloud.images.deleteImage(ID)],
    ["a tag", (fake: Fake) => fake.cloud.images.addTag(ID, "t")],
  ])("%s is sent once", async (_name, act) => {
    const fake = fakeCloud(inTurn(lost));
    expect((await refusal(act(fake))).kind).toBe("unanswered");
  });

  test("a read is not sent again when its time is over", async () => {
    const fake = fakeCloud(() => {
      fake.clock.nowMs += TIMING.callTimeoutMs;
      return lost;
    });
    await refusal(fake.cloud.images.image(ID));
    expect(fake.requests).toHaveLength(1);
  });
});

test("an answer of any kind is never asked for again", async () => {
  for (const status of [429, 500, 503]) {
    const fake = fakeCloud(inTurn(response(status, "", { "retry-after": "7" })));
    const error = await refusal(fake.cloud.images.image(ID));
    expect([error.kind, error.retryAfterSeconds]).toEqual(["transient", 7]);
  }
});

test("a page of a proxy is no success, whatever its status", async () => {
  const page = response(200, "\n<!DOCTYPE html><html><body>Please wait</body></html>");
  for (const act of [
    ({ cloud }: Fake) => cloud.images.addTag(ID, "t"),
    ({ cloud }: Fake) => cloud.images.deleteImage(ID),
    ({ cloud }: Fake) => cloud.compute.stop(ID),
  ]) {
    expect((await refusal(act(fakeCloud(inTurn(page))))).kind).toBe("unanswered");
  }
});

describe("a create", () => {
  test("goes on a connection of its own, a read does not", async () => {
    const fake = fakeCloud(inTurn(absent, accepted));
    await fake.cloud.compute.server(ID);
    await fake.cloud.compute.createImage(ID, "n", {});
    expect(fake.requests.map((request) => request.fresh)).toEqual([undefined, true]);
  });

  test("has its time counted from before all that is done first", async () => {
    const done = response(202, {
      image_id: ID,
      snapshot: { id: ID },
      "os-volume_upload_image": { image_id: ID },
    });
    for (const create of [
      ({ cloud }: Fake) => cloud.compute.createImage(ID, "n", {}),
      ({ cloud }: Fake) => cloud.volumes.createSnapshot(ID, "n", {}),
      ({ cloud }: Fake) =>
        cloud.volumes.uploadImage(ID, { name: "n", diskFormat: "raw", force: false }),
    ]) {
      const fake = fakeCloud(() => done, { versionsMs: 25_000 });
      await create(fake);
      expect(fake.requests[0]?.timeoutMs).toBe(TIMING.callTimeoutMs - 25_000);
    }
  });

  test("is not sent when its time went by before", async () => {
    const fake = fakeCloud(() => accepted, { versionsMs: TIMING.callTimeoutMs });
    const error = await refusal(fake.cloud.compute.createImage(ID, "n", {}));
    expect([error.kind, fake.requests.length]).toEqual(["transient", 0]);
  });
});

describe("endpoints", () => {
  const urlOf = async (
    endpoints: Record<string, string>,
    observe: (fake: Fake) => Promise<unknown>,
    config = {},
  ) => {
    const fake = fakeCloud(() => absent, { endpoints, config });
    await observe(fake);
    return fake.requests[0]?.url;
  };
  const image = (fake: Fake) => fake.cloud.images.image("i");
  const server = (fake: Fake) => fake.cloud.compute.server("s");
  const volume = (fake: Fake) => fake.cloud.volumes.volume("v");

  test.each([
    ["http://glance.example", "http://glance.example/v2/images/i"],
    ["http://glance.example/", "http://glance.example/v2/images/i"],
    ["http://glance.example/v2/", "http://glance.example/v2/images/i"],
    ["http://glance.example/v1", "http://glance.example/v2/images/i"],
    ["https://c.example/image/", "https://c.example/image/v2/images/i"],
  ])("of Glance may end as they like: %s", async (url, expected) => {
    expect(await urlOf({ image: url }, image)).toBe(expected);
  });

  test("of Nova keep their version, and get one where there is none", async () => {
    expect(await urlOf({ compute: `http://nova.example/v2/${PROJECT}` }, server)).toBe(
      `http://nova.example/v2/${PROJECT}/servers/s`,
    );
    expect(await urlOf({ compute: "http://nova.example" }, server)).toBe(
      "http://nova.example/v2.1/servers/s",
    );
  });

  test("of Cinder have the project, and get it where there is none", async () => {
    expect(await urlOf({ volumev3: "http://cinder.example" }, volume)).toBe(
      `http://cinder.example/v3/${PROJECT}/volumes/v`,
    );
  });

  test("may be overridden in clouds.yaml", async () => {
    const endpointOverrides = { volume: "http://cinder.example/v3/%(project_id)s" };
    expect(await urlOf({ volumev3: "http://wrong.example" }, volume, { endpointOverrides })).toBe(
      `http://cinder.example/v3/${PROJECT}/volumes/v`,
    );
  });

  test("that are missing are named with what is there instead", async () => {
    const fake = fakeCloud(() => absent, { config: { regionNames: ["az9"] } });
    const error = await refusal(fake.cloud.compute.server("s"));
    expect(error.code).toBe("not-offered");
    expect(error.message).toBe(
      "cloud lab: no compute service with a public endpoint. There is no region az9. The catalog has: az1",
    );
  });
});

describe("microversions", () => {
  const asked = async (options: Parameters<typeof fakeCloud>[1]) => {
    const fake = fakeCloud(() => absent, options);
    await fake.cloud.compute.server("s");
    await fake.cloud.volumes.volume("v");
    return fake.requests.map((request) => request.headers["openstack-api-version"]);
  };

  test("are the newest that both sides know", async () => {
    expect(await asked({ newest: { compute: "2.60", volume: "3.99" } })).toEqual([
      "compute 2.60",
      "volume 3.70",
    ]);
  });

  test("are not asked of what has none, or shows none", async () => {
    expect(await asked({ newest: { compute: "", volume: null } })).toEqual([undefined, undefined]);
    const endpoints = {
      compute: `http://nova.example/v2/${PROJECT}`,
      volumev3: `http://cinder.example/v2/${PROJECT}`,
    };
    expect(await asked({ endpoints })).toEqual([undefined, undefined]);
  });

  test("are asked of the endpoint where a dashboard lives at its root", async () => {
    const fake = fakeCloud(
      (request) => {
        if (request.url.endsWith("/compute/")) return response(200, "<html>Horizon</html>");
        if (!request.url.endsWith("/compute/v2.1/")) return absent;
        const version = { id: "v2.1", version: "2.60", min_version: "2.1" };
        return response(200, { version });
      },
      { endpoints: { compute: "http://nova.example/compute/v2.1" } },
    );
    await fake.cloud.compute.server("s");
    expect(fake.requests.at(-1)?.headers["openstack-api-version"]).toBe("compute 2.60");
  });

  test("that cannot be asked for now are no reason to go on without", async () => {
    const fake = fakeCloud(() => lost, {
      endpoints: { compute: "http://nova.example/compute/v2.1" },
    });
    expect((await refusal(fake.cloud.compute.server("s"))).kind).toBe("transient");
  });

  test("go to Nova under their older name too", async () => {
    const fake = fakeCloud(() => absent, { newest: { compute: "2.12" } });
    await fake.cloud.compute.server("s");
    expect(fake.requests[0]?.headers["x-openstack-nova-api-version"]).toBe("2.12");
  });

  test("are looked up once", async () => {
    const fake = fakeCloud(() => absent);
    await fake.cloud.compute.server("s");
    await fake.cloud.compute.server("s");
    expect(fake.calls.filter((call) => call.path === "/")).toHaveLength(1);
  });
});

test("an id from outside cannot leave its place in the path", async () => {
  const fake = fakeCloud(() => absent);
  await fake.cloud.images.image("../../x?y");
  expect(fake.requests[0]?.url).toBe("http://glance.example/v2/images/..%2F..%2Fx%3Fy");
});
