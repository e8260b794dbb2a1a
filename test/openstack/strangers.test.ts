import { describe, expect, test } from "vitest";
import { MAX_REFERENCES } from "../../shared/bounds.ts";
import { fakeCloud, ID, inTurn, PROJECT, refusal, response } from "./fake-cloud.ts";

/** Records that somebody else has written on the same cloud, and records of ours in the same shapes. */

const image = (fields: Record<string, unknown>) => ({
  id: ID,
  name: "web",
  status: "active",
  visibility: "public",
  owner: "b".repeat(32),
  size: 1024,
  created_at: "2026-11-22T05:20:34Z",
  ...fields,
});
const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;

const HARMLESS: Array<[string, Record<string, unknown>]> = [
  ["os_hidden as Python writes it", { os_hidden: "True" }],
  ["os_hidden as a number", { os_hidden: 7 }],
  ["min_disk null", { min_disk: null }],
  ["min_disk as text", { min_disk: "twenty" }],
  ["min_ram nested", { min_ram: { mib: 1 } }],
  ["tags null", { tags: null }],
  ["tags as text", { tags: "a,b" }],
  ["tags of numbers", { tags: [1, null, "a"] }],
  ["size below zero", { size: -1 }],
  ["size as text", { size: "1 GB" }],
  ["no status", { status: undefined }],
  ["an unknown status", { status: "defrosting" }],
  ["status as a number", { status: 3 }],
  ["visibility null", { visibility: null }],
  ["name as a list", { name: ["web"] }],
  ["owner as a number", { owner: 12 }],
  ["protected as text", { protected: "maybe" }],
  ["no created_at", { created_at: undefined }],
  ["an odd created_at", { created_at: "22/11/2026 5 pm" }],
  ["created_at as a number", { created_at: 1e99 }],
  ["a property nested deeply", { color: JSON.parse(deep) as unknown }],
  ["a property named __proto__", { ["__proto__"]: { polluted: true } }],
];

describe("a stranger's image", () => {
  test.each(HARMLESS)("with %s is listed, and fails nothing", async (_name, fields) => {
    const odd = image({ ...fields, id: "stranger" });
    // JSON.stringify cannot write what is nested so deeply; a service can.
    const { color, ...rest } = odd as Record<string, unknown>;
    const text = JSON.stringify({ images: [rest, image({ owner: PROJECT })] });
    const body =
      color === undefined
        ? text
        : text.replace('"id":"stranger"', `"id":"stranger","color":${deep}`);
    const fake = fakeCloud(() => response(200, body));
    const found = await fake.cloud.images.everyImage();
    expect(found.map(({ id }) => id)).toEqual(["stranger", ID]);
    expect(found.map(({ oddField }) => oddField)).toEqual([null, null]);
    expect(await fake.cloud.images.named("web")).toHaveLength(1);
  });

  test.each(HARMLESS)("with %s may be what a server was booted from", async (_name, fields) => {
    const { color: _deep, ...rest } = fields;
    const fake = fakeCloud(inTurn(response(200, image(rest))));
    expect((await fake.cloud.images.foreign(ID))?.id).toBe(ID);
  });

  test.each([
    ["no JSON", "half[{"],
    ["JSON cut off", '[{"snapshot_id": "s1'],
    ["an object", '{"snapshot_id": "s1"}'],
    ["a number", "5"],
    ["a number, not as text", 5],
    ["JSON's null", "null"],
    ["true", true],
    ["entries that are numbers", "[1]"],
    ["entries that are null", "[null]"],
    ["entries that are lists", '[["s1"]]'],
    ["a snapshot_id that is a number", '[{"snapshot_id": 5}]'],
    ["a snapshot_id that is an object", '[{"snapshot_id": {"id": "s1"}}]'],
    ["a snapshot_id that is a path", '[{"snapshot_id": "../s1"}]'],
    ["a second entry of another shape", '[{"snapshot_id": "s1"}, "s2"]'],
    ["nesting without an end", deep],
    ["more entries than a server has disks", `[${"{},".repeat(MAX_REFERENCES)}{}]`],
  ])(
    "whose block_device_mapping is %s may name any snapshot",
    async (_name, block_device_mapping) => {
      const odd = image({ id: "stranger", block_device_mapping });
      const fake = fakeCloud(() => response(200, { images: [odd, image({})] }));
      expect(await fake.cloud.images.everyImage()).toEqual([
        {
          id: "stranger",
          ownerProjectId: "b".repeat(32),
          snapshotIds: [],
          oddField: "block_device_mapping",
        },
        expect.objectContaining({ id: ID, oddField: null }),
      ]);
    },
  );

  test.each([null, 5, "image", [], [[]], true])(
    "that is %j may name any snapshot",
    async (entry) => {
      const fake = fakeCloud(() => response(200, { images: [entry] }));
      expect(await fake.cloud.images.everyImage()).toMatchObject([{ oddField: "record" }]);
      expect(await fake.cloud.images.named("web")).toEqual([]);
    },
  );

  test("counts twice when its id comes twice and names other snapshots", async () => {
    const mapped = image({ block_device_mapping: '[{"snapshot_id":"s1"}]' });
    const fake = fakeCloud(
      inTurn(response(200, { images: [mapped, image({})] }), response(200, { images: [] })),
    );
    const found = await fake.cloud.images.everyImage();
    expect(found.flatMap(({ snapshotIds }) => snapshotIds)).toEqual(["s1"]);
    expect(found).toHaveLength(2);
  });
});

describe("an image of ours", () => {
  test.each([
    ["status", { status: null }],
    ["status", { status: 3 }],
    ["size", { size: -1 }],
    ["size", { size: 1.5 }],
    ["protected", { protected: "maybe" }],
    ["tags", { tags: "a" }],
    ["block_device_mapping", { block_device_mapping: "half" }],
  ])("whose %s cannot be read is a transient failure that names it", async (field, fields) => {
    const fake = fakeCloud(() => response(200, image(fields)));
    const error = await refusal(fake.cloud.images.image(ID));
    expect(error.kind).toBe("transient");
    expect(error.message).toContain(`image ${ID}: the cloud shows its ${field}`);
  });

  test.each([
    ["a size as text", { size: "1024" }],
    ["protected as Python writes it", { protected: "False" }],
    ["tags null", { tags: null }],
    ["min_disk null", { min_disk: null }],
    ["os_hidden odd", { os_hidden: [] }],
    ["created_at missing", { created_at: undefined }],
  ])("is read with %s", async (_name, fields) => {
    const fake = fakeCloud(() => response(200, image(fields)));
    expect(await fake.cloud.images.image(ID)).toMatchObject({
      status: "active",
      sizeBytes: 1024,
      protected: false,
    });
  });

  test("that cannot be read is left out of a list, to be asked for by its id", async () => {
    const images = [image({ status: 1 }), image({ id: "b" })];
    const fake = fakeCloud(() => response(200, { images }));
    expect([...(await fake.cloud.images.listed([ID, "b"])).keys()]).toEqual(["b"]);
  });
});

const volume = (fields: Record<string, unknown> = {}) => ({
  id: ID,
  name: "data",
  status: "available",
  size: 1,
  ...fields,
});

describe("a stranger's volume", () => {
  test.each([
    { metadata: null },
    { metadata: "x" },
    { metadata: { a: null, b: { c: 1 }, d: 7 } },
    { size: -1 },
    { size: "big" },
    { status: null },
    { name: 5 },
    { bootable: "perhaps" },
    { attachments: null },
    { attachments: [5] },
    { attachments: "none" },
    { "os-vol-tenant-attr:tenant_id": 9 },
  ])("with %j fails no list", async (fields) => {
    const odd = volume({ name: "odd", ...fields, id: "stranger" });
    const fake = fakeCloud(() => response(200, { volumes: [odd, volume()] }));
    expect((await fake.cloud.volumes.volumes()).map(({ id }) => id)).toEqual(["stranger", ID]);
    expect(await fake.cloud.volumes.findVolumes("data")).not.toHaveLength(0);
  });

  test.each([{ snapshot_id: 5 }, { snapshot_id: { id: "s" } }, { snapshot_id: "a/../b" }])(
    "with %j says which field cannot be read",
    async (fields) => {
      const fake = fakeCloud(() => response(200, { volumes: [volume(fields)] }));
      expect(await fake.cloud.volumes.volumes()).toMatchObject([{ oddFields: ["snapshot_id"] }]);
    },
  );

  test.each([null, 5, "volume", []])("that is %j is kept in the list, unread", async (entry) => {
    const fake = fakeCloud(() => response(200, { volumes: [entry] }));
    const [seen] = await fake.cloud.volumes.volumes();
    expect(seen?.oddFields).toContain("record");
  });

  test("of ours is a transient failure if its status cannot be read", async () => {
    const fake = fakeCloud(() => response(200, { volume: volume({ status: [] }) }));
    expect((await refusal(fake.cloud.volumes.volume(ID))).message).toContain("its status");
  });
});

describe("snapshots", () => {
  test.each([{ metadata: null }, { size: null }, { created_at: 5 }, { status: 1 }, { name: {} }])(
    "with %j fail no list",
    async (fields) => {
      const odd = { id: "odd", name: "x", volume_id: "v", status: "available", size: 1, ...fields };
      const fake = fakeCloud(() => response(200, { snapshots: [odd, null, 7] }));
      expect(await fake.cloud.volumes.snapshots()).toHaveLength(3);
    },
  );
});

describe("servers", () => {
  const server = (fields: Record<string, unknown> = {}) => ({
    id: ID,
    name: "app",
    status: "ACTIVE",
    tenant_id: "p",
    image: { id: "mine" },
    ...fields,
  });

  test.each([
    { status: 5 },
    { tenant_id: null },
    { "OS-EXT-STS:task_state": 5 },
    { "os-extended-volumes:volumes_attached": "none" },
    { fault: "x" },
    { locked: "perhaps" },
  ])("with %j fail no list", async (fields) => {
    const servers = [server({ ...fields, name: "odd" }), server(), null];
    const fake = fakeCloud(() => response(200, { servers }));
    expect(await fake.cloud.compute.findServers("app")).toHaveLength(1);
  });

  test.each([{ image: 5 }, { image: { id: 5 } }, { image: ["mine"] }])(
    "with %j may have been booted from the image",
    async (fields) => {
      const fake = fakeCloud(() => response(200, { servers: [server(fields)] }));
      expect(await fake.cloud.compute.serversFrom("mine")).toEqual(["app"]);
    },
  );

  test.each([
    ["status", { status: null }],
    ["OS-EXT-STS:task_state", { "OS-EXT-STS:task_state": {} }],
    ["os-extended-volumes:volumes_attached", { "os-extended-volumes:volumes_attached": [1] }],
  ])("that a recipe names are a transient failure if %s is odd", async (field, fields) => {
    const fake = fakeCloud(() => response(200, { servers: [server(fields)] }));
    expect((await refusal(fake.cloud.compute.findServers("app"))).message).toContain(field);
  });
});
