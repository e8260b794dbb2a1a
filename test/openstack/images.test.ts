import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../../shared/ports.ts";
import { fakeCloud, ID, inTurn, PROJECT, refusal, response } from "./fake-cloud.ts";

const image = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  name: "web",
  status: "active",
  visibility: "private",
  owner: PROJECT,
  size: 1024,
  min_disk: 1,
  min_ram: 0,
  disk_format: "qcow2",
  os_hidden: false,
  protected: false,
  tags: ["t1"],
  created_at: "2026-11-22T05:20:34Z",
  ...fields,
});
const page = (images: unknown[], next?: string) => response(200, { images, next });
const query = (request: HttpRequest | undefined) =>
  Object.fromEntries(new URL(request?.url ?? "").searchParams);

describe("an image", () => {
  const read = async (fields: Record<string, unknown>) => {
    const fake = fakeCloud(inTurn(response(200, image(fields))));
    return fake.cloud.images.image(ID);
  };

  test("has as properties all that is not Glance's own", async () => {
    const fields = {
      color: "red",
      sync_status_reason: "ERROR:x",
      checksum: "c",
      os_hash_value: "h",
      stores: "az1",
      os_glance_importing_to_stores: "",
      self: "/v2/images/x",
      virtual_size: 7,
    };
    expect((await read(fields))?.properties).toEqual({
      color: "red",
      sync_status_reason: "ERROR:x",
    });
  });

  test("names the snapshots of its block_device_mapping", async () => {
    const mapping = [
      { source_type: "snapshot", snapshot_id: "s1", boot_index: 0 },
      { source_type: "blank", snapshot_id: null },
      { source_type: "snapshot", snapshot_id: "s2", boot_index: null },
    ];
    const seen = await read({ block_device_mapping: JSON.stringify(mapping) });
    expect(seen?.snapshotIds).toEqual(["s1", "s2"]);
  });

  test("of an old cloud is read without hidden, tags and owner", async () => {
    const old = { os_hidden: undefined, tags: undefined, owner: undefined, size: null };
    expect(await read(old)).toMatchObject({ hidden: false, tags: [], ownerProjectId: null });
  });
});

describe("every image", () => {
  test("is each page of the open and of the hidden ones, of every visibility and member status", async () => {
    const fake = fakeCloud(
      inTurn(
        page([image({ id: "a" })], "/v2/images?limit=1000&visibility=all&marker=a"),
        page([image({ id: "b" })]),
        page([image({ id: "c" }), image({ id: "a" })]),
      ),
    );
    const found = await fake.cloud.images.everyImage();
    expect(found.map((found) => found.id)).toEqual(["a", "b", "c"]);
    const all = { visibility: "all", member_status: "all", limit: "1000" };
    expect(fake.requests.map(query)).toEqual([
      all,
      { ...all, marker: "a" },
      { ...all, os_hidden: "true" },
    ]);
  });

  test("follows pages below a proxy's prefix, which Glance does not know", async () => {
    const fake = fakeCloud(
      inTurn(page([image()], "/v2/images?marker=m&limit=1000"), page([]), page([])),
      { endpoints: { image: "https://cloud.example/image" } },
    );
    await fake.cloud.images.everyImage();
    expect(fake.requests[1]?.url).toMatch(/^https:\/\/cloud\.example\/image\/v2\/images\?/);
  });

  test.each([
    ["a page fails", response(500)],
    ["a marker has vanished", response(400, "<html>Invalid marker</html>")],
    ["a page is cut off", response(200, '{"images": [')],
    ["a page leads to itself", page([image()], "/v2/images?marker=m")],
  ])("is thrown when %s", async (_name, second) => {
    const fake = fakeCloud(inTurn(page([image()], "/v2/images?marker=m"), second));
    expect((await refusal(fake.cloud.images.everyImage())).kind).toBe("transient");
  });

  test("asks an old Glance nothing that it takes for a property or refuses", async () => {
    const fake = fakeCloud(inTurn(page([image()]), page([])), { newest: { image: "v2.3" } });
    expect(await fake.cloud.images.everyImage()).toHaveLength(1);
    expect(query(fake.requests[0])).toEqual({ member_status: "all", limit: "1000" });
  });
});

describe("by name", () => {
  test("are this project's, in exactly this case, hidden ones too", async () => {
    const fake = fakeCloud(
      inTurn(
        page([image(), image({ id: "b", name: "WEB" }), image({ id: "c", owner: "another" })]),
        page([image({ id: "d", os_hidden: true })]),
      ),
    );
    const found = await fake.cloud.images.named("web");
    expect(found.map((found) => found.id)).toEqual([ID, "d"]);
    expect(query(fake.requests[0])).toMatchObject({ name: "web", owner: PROJECT });
  });

  test.each([
    ["web,1", "web,1"],
    ['in:web "1"', 'in:"in:web \\"1\\""'],
  ])("%s is asked for as %s", async (name, filter) => {
    const fake = fakeCloud(inTurn(page([]), page([])));
    await fake.cloud.images.named(name);
    expect(query(fake.requests[0])["name"]).toBe(filter);
  });
});

test("a list by ids takes 60 at a time", async () => {
  const fake = fakeCloud(inTurn(page([image({ id: "0" })]), page([image({ id: "60" })])));
  const ids = Array.from({ length: 61 }, (_, index) => String(index));
  expect([...(await fake.cloud.images.listed(ids)).keys()]).toEqual(["0", "60"]);
  expect(fake.requests.map((request) => query(request)["id"]?.split(",").length)).toEqual([60, 1]);
});

describe("a change", () => {
  const changed = async (
    change: Parameters<ReturnType<typeof fakeCloud>["cloud"]["images"]["change"]>[1],
    options = {},
  ) => {
    const fake = fakeCloud((request) => {
      if (request.method === "PATCH") return response(200, image());
      return response(200, image({ color: "red", "a/b~c": "x" }));
    }, options);
    const seen = await fake.cloud.images.image(ID);
    if (seen === null) throw new Error("no image");
    await fake.cloud.images.change(seen, change);
    return fake.requests.filter((request) => request.method === "PATCH");
  };

  test("is one patch of what differs from what was seen", async () => {
    const [patch] = await changed({
      name: "new",
      visibility: "private",
      hidden: true,
      minDiskGib: 5,
      properties: { color: "blue", fresh: "1", "a/b~c": null, missing: null },
    });
    expect(patch?.headers["content-type"]).toBe("application/openstack-images-v2.1-json-patch");
    expect(JSON.parse(patch?.body ?? "")).toEqual([
      { op: "replace", path: "/name", value: "new" },
      { op: "replace", path: "/os_hidden", value: true },
      { op: "replace", path: "/min_disk", value: 5 },
      { op: "add", path: "/color", value: "blue" },
      { op: "add", path: "/fresh", value: "1" },
      { op: "remove", path: "/a~1b~0c" },
    ]);
  });

  test("that is so already is not sent", async () => {
    const wished = { name: "web", hidden: false, properties: { color: "red", missing: null } };
    expect(await changed(wished)).toEqual([]);
  });

  test("cannot hide where Glance cannot, and says so", async () => {
    const error = await refusal(changed({ hidden: true }, { newest: { image: "v2.6" } }));
    expect(error.code).toBe("not-offered");
    expect(await changed({ hidden: false }, { newest: { image: "v2.6" } })).toEqual([]);
  });
});

describe("tags and deletes", () => {
  const gone = response(404, "<html>Failed to find image</html>");

  test("of what is gone are done", async () => {
    const fake = fakeCloud(inTurn(gone, gone));
    await fake.cloud.images.removeTag(ID, "t");
    await expect(fake.cloud.images.deleteImage(ID)).resolves.toBe(false);
  });

  test("a tag for an image that is gone is not", async () => {
    const fake = fakeCloud(inTurn(gone));
    expect((await refusal(fake.cloud.images.addTag(ID, "t"))).code).toBe("not-found");
  });

  test("a tag is written as it is", async () => {
    const fake = fakeCloud(inTurn(response(204)));
    await fake.cloud.images.addTag(ID, "regild-current-web ä");
    expect(fake.requests[0]?.url).toMatch(/\/tags\/regild-current-web%20%C3%A4$/);
  });
});

test("every image service is one per region that has its own", async () => {
  const fake = fakeCloud(inTurn());
  expect(await fake.cloud.everyImageService()).toHaveLength(1);
});

describe("whether a visibility may be given", () => {
  const ask = (...answers: Parameters<typeof inTurn>) => {
    const fake = fakeCloud(inTurn(...answers));
    return { fake, answer: fake.cloud.images.mayGive("public") };
  };
  const listed = page([{ id: ID, name: "any" }]);

  test("is asked with the id of an image that is there", async () => {
    const { fake, answer } = ask(listed, response(409, "Image ID already exists!"));
    expect(await answer).toEqual({ may: "yes" });
    expect(JSON.parse(fake.requests[1]?.body ?? "")).toMatchObject({
      id: ID,
      visibility: "public",
    });
  });

  test.each([
    [403, "no"],
    [400, "unknown"],
    [404, "unknown"],
    [405, "unknown"],
  ])("%i means %s", async (status, may) => {
    const { answer } = ask(listed, response(status, { message: "said" }));
    expect(await answer).toMatchObject({ may, why: expect.stringContaining("said") });
  });

  test("is unknown where access rules forbid the question, or no image is there to ask with", async () => {
    const refused = response(401, "");
    expect(await ask(listed, refused, refused).answer).toMatchObject({ may: "unknown" });
    expect(await ask(page([])).answer).toMatchObject({ may: "unknown" });
  });

  test("is no answer while the image service has an outage", async () => {
    expect((await refusal(ask(listed, response(503)).answer)).kind).toBe("transient");
  });

  test("a record that was made after all is removed, if it is ours", async () => {
    const made = response(200, { id: ID, name: "regild-visibility-question", status: "queued" });
    const { fake, answer } = ask(listed, response(201, {}), made, response(204));
    expect(await answer).toEqual({ may: "yes" });
    expect(fake.requests.map(({ method }) => method)).toEqual(["GET", "POST", "GET", "DELETE"]);
    const other = ask(listed, response(201, {}), response(200, image()));
    expect(await other.answer).toEqual({ may: "yes" });
    expect(other.fake.requests.map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
  });
});

describe("images that name snapshots", () => {
  const mapping = (id: string) => ({ block_device_mapping: `[{"snapshot_id":"${id}"}]` });
  const NEWEST = "2026-11-22T04:59:00Z";
  /** The whole list has three pages, and a list of changes is what a test says. */
  function largeCloud(changes: { images: unknown[] | null }) {
    const fake = fakeCloud((request) => {
      const { updated_at: since, os_hidden: hidden, marker } = query(request);
      if (since !== undefined) {
        if (changes.images === null) return response(400, "Bad filter");
        return page(hidden === undefined ? changes.images : []);
      }
      if (request.url.includes("/images/"))
        return response(request.method === "DELETE" ? 204 : 404);
      if (hidden !== undefined) return page([]);
      return marker === undefined
        ? page([image({ id: "a", ...mapping("s1"), updated_at: NEWEST })], "/v2/images?marker=a")
        : page([image({ id: "b", ...mapping("s2"), updated_at: "2026-11-20T00:00:00Z" })]);
    });
    const ids = async () =>
      (await fake.cloud.images.imagesNamingSnapshots()).map(({ id }) => id).toSorted();
    const lists = () => fake.requests.splice(0).map((request) => query(request)["updated_at"]);
    return { ...fake, ids, lists };
  }
  const witness = image({ id: "a", ...mapping("s1"), updated_at: NEWEST });

  test("of a list of many pages, are asked for once an hour, and then what has changed since", async () => {
    const changes = { images: [witness] as unknown[] };
    const { clock, ids, lists } = largeCloud(changes);
    expect(await ids()).toEqual(["a", "b"]);
    expect(lists()).toEqual([undefined, undefined, undefined]);
    // Five minutes before the newest change.
    const since = "gte:2026-11-22T04:54:00Z";
    changes.images = [witness, image({ id: "b" }), image({ id: "c", ...mapping("s3") })];
    expect(await ids()).toEqual(["a", "c"]);
    expect(lists()).toEqual([since, since]);
    changes.images = [witness];
    expect(await ids()).toEqual(["a", "c"]);
    clock.nowMs += 3_600_000;
    lists();
    expect(await ids()).toEqual(["a", "b"]);
    expect(lists()).toEqual([undefined, undefined, undefined]);
  });

  test("with an odd time of the future are asked for from before the list was begun", async () => {
    const future = { images: [] as unknown[] };
    const fake = fakeCloud((request) => {
      const { updated_at: since, os_hidden: hidden, marker } = query(request);
      if (since !== undefined) return page(future.images);
      if (hidden !== undefined) return page([]);
      const odd = image({ id: "a", updated_at: "2099-01-01T00:00:00Z" });
      return marker === undefined ? page([odd], "/v2/images?marker=a") : page([]);
    });
    await fake.cloud.images.imagesNamingSnapshots();
    await fake.cloud.images.imagesNamingSnapshots();
    expect(query(fake.requests[3])["updated_at"]).toBe("gte:2026-11-22T04:55:00Z");
  });

  test.each([
    ["leaves out what was changed last", []],
    ["is refused", null],
  ])("are all asked for if the list of changes %s", async (_name, images) => {
    const { ids, lists } = largeCloud({ images });
    await ids();
    lists();
    expect(await ids()).toEqual(["a", "b"]);
    expect(lists().filter((since) => since === undefined)).toHaveLength(3);
  });

  test("are no more those that this process has deleted, but one 404 of a Glance that lags proves nothing", async () => {
    const { cloud, ids } = largeCloud({ images: [witness] });
    await ids();
    expect(await cloud.images.image("b")).toBeNull();
    expect(await ids()).toEqual(["a", "b"]);
    expect(await cloud.images.deleteImage("b")).toBe(true);
    expect(await ids()).toEqual(["a"]);
  });

  test("of a short list are asked for each time", async () => {
    const fake = fakeCloud(() => page([image(mapping("s1"))]));
    for (let time = 0; time < 2; time++)
      expect(await fake.cloud.images.imagesNamingSnapshots()).toHaveLength(1);
    expect(fake.requests.map((request) => query(request)["updated_at"])).toEqual(
      Array.from({ length: 4 }),
    );
  });
});
