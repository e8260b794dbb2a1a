import { expect, test } from "vitest";
import type { Cloud, Image } from "../../shared/cloud-ports.ts";
import { JustRead } from "../../shared/openstack/just-read.ts";
import { fakeCloud, ID, PROJECT, response } from "./fake-cloud.ts";

const HERE = "http://glance.example/v2";

test.each([
  ["at once", 1_000, HERE, "as read"],
  ["after five seconds", 6_000, HERE, "as read"],
  ["later", 6_001, HERE, undefined],
  ["by a clock that was put back", 999, HERE, undefined],
  ["at another place", 1_000, "http://other.example/v2", undefined],
  ["before anybody has signed in", 1_000, null, undefined],
])("serves what was read: %s", (_, nowMs, place, record) => {
  const justRead = new JustRead<string>();
  justRead.keep(ID, HERE, "as read", 1_000);
  expect(justRead.recent(ID, place, { nowMs })?.record).toBe(record);
});

test("an answer to a question from before a change is not kept", () => {
  const justRead = new JustRead<string>();
  justRead.forget(ID, 2_000);
  justRead.keep(ID, HERE, "as it was", 1_999);
  expect(justRead.recent(ID, HERE, { nowMs: 2_000 })).toBeNull();
  justRead.keep(ID, HERE, "as it is", 2_000);
  justRead.keep(ID, HERE, "as it was", 1_500);
  expect(justRead.recent(ID, HERE, { nowMs: 2_000 })?.record).toBe("as it is");
});

test("a change does not make the record younger", () => {
  const justRead = new JustRead<string>();
  const begun = justRead.forget(ID, 4_000);
  const after = { record: "tagged", askedAtMs: 1_000 };
  justRead.changed(ID, { begun, place: HERE, after }, 5_000);
  expect(justRead.recent(ID, HERE, { nowMs: 6_000 })?.record).toBe("tagged");
  expect(justRead.recent(ID, HERE, { nowMs: 6_001 })).toBeNull();
});

test.each([
  ["has begun another", (justRead) => justRead.forget(ID, 2_000)],
  ["has done another", (justRead) => done(justRead, "of another", 2_000)],
  ["has read it", (justRead) => justRead.keep(ID, HERE, "as it was", 2_000)],
] satisfies Array<[string, (justRead: JustRead<string>) => unknown]>)(
  "a change leaves no record if another worker %s meanwhile",
  (_, meanwhile) => {
    const justRead = new JustRead<string>();
    const begun = justRead.forget(ID, 1_000);
    meanwhile(justRead);
    justRead.changed(ID, { begun, place: HERE, after: { record: "x", askedAtMs: 1_000 } }, 3_000);
    expect(justRead.recent(ID, HERE, { nowMs: 3_000 })).toBeNull();
  },
);

function done(justRead: JustRead<string>, record: string, atMs: number): void {
  const begun = justRead.forget(ID, atMs);
  justRead.changed(ID, { begun, place: HERE, after: { record, askedAtMs: atMs } }, atMs);
}

test("holds 500 records, and the newest ones", () => {
  const justRead = new JustRead<string>();
  for (let n = 0; n < 501; n++) justRead.keep(`image-${n}`, HERE, "read", 1_000);
  const isKept = (n: number) => justRead.recent(`image-${n}`, HERE, { nowMs: 1_000 }) !== null;
  expect([0, 1, 500].map(isKept)).toEqual([false, true, true]);
});

const image = (fields: object = {}) =>
  response(200, { id: ID, name: "web", status: "active", owner: PROJECT, tags: ["t1"], ...fields });

/** An image that is read, then changed, then read again as just read. */
async function afterwards(
  change: (cloud: ReturnType<typeof fakeCloud>["cloud"]) => Promise<unknown>,
) {
  let gets = 0;
  const fake = fakeCloud(({ method }) => {
    if (method === "GET") gets += 1;
    if (method === "GET") return image();
    return method === "PATCH" ? image({ status: "deactivated", tags: ["t2"] }) : response(204);
  });
  const { images } = fake.cloud;
  await images.image(ID);
  await change(fake.cloud).catch(() => {});
  return { recent: await images.recentImage(ID), gets };
}

test.each([
  ["nothing", async () => {}, { gets: 1, tags: ["t1"], status: "active" }],
  ["a tag", (c) => c.images.addTag(ID, "t3"), { gets: 1, tags: ["t1", "t3"], status: "active" }],
  ["a tag removed", (c) => c.images.removeTag(ID, "t1"), { gets: 1, tags: [], status: "active" }],
  ["a delete", (c) => c.images.deleteImage(ID), { gets: 2, tags: ["t1"], status: "active" }],
] satisfies Array<[string, Parameters<typeof afterwards>[0], object]>)(
  "an image after %s",
  async (_, change, { gets, ...is }) => {
    expect(await afterwards(change)).toMatchObject({ gets, recent: is });
  },
);

test("an image after a PATCH is what the answer shows", async () => {
  const patched = await afterwards(async ({ images }) => {
    const read = await images.image(ID);
    if (read !== null) await images.change(read, { name: "other" });
  });
  expect(patched).toMatchObject({ gets: 2, recent: { status: "deactivated", tags: ["t2"] } });
});

test.each([
  ["of a moment", 4_900, 1, "active"],
  ["that was on its way for a minute", 55_000, 2, "deactivated"],
])("the answer to a PATCH %s counts from when it was asked for", async (_, tookMs, gets, is) => {
  let read = 0;
  const fake = fakeCloud(({ method }) => {
    if (method === "PATCH") {
      fake.clock.nowMs += tookMs;
      return image();
    }
    read += 1;
    return image({ status: read === 1 ? "active" : "deactivated" });
  });
  const { images } = fake.cloud;
  const before = await images.image(ID);
  if (before === null) throw new Error("no image");
  await images.change(before, { name: "other" });
  expect(await images.recentImage(ID)).toMatchObject({ status: is });
  expect(read).toBe(gets);
});

test("a server that is gone is not taken for there", async () => {
  let isGone = false;
  const fake = fakeCloud(() =>
    isGone
      ? response(404)
      : response(200, { server: { id: ID, name: "web", status: "ACTIVE", tenant_id: PROJECT } }),
  );
  const { compute } = fake.cloud;
  expect(await compute.server(ID)).not.toBeNull();
  isGone = true;
  expect(await compute.server(ID)).toBeNull();
  expect(await compute.recentServer(ID)).toBeNull();
});

test.each([
  ["PATCH", ({ images }, read) => images.change(read, { name: "x" })],
  ["PUT", ({ images }) => images.addTag(ID, "x")],
  ["DELETE", ({ images }) => images.deleteImage(ID)],
] satisfies Array<[string, (cloud: Cloud, read: Image) => Promise<unknown>]>)(
  "an image after a %s without an answer is read again",
  async (lost, change) => {
    let gets = 0;
    const fake = fakeCloud(({ method }) => {
      if (method === lost) return { kind: "failure", sent: true, reason: "reset" };
      gets += 1;
      return image();
    });
    const { images } = fake.cloud;
    const read = await images.image(ID);
    if (read === null) throw new Error("no image");
    await change(fake.cloud, read).catch(() => {});
    await images.recentImage(ID);
    expect(gets).toBe(2);
  },
);

test("a 404 is no answer for the next step", async () => {
  let gets = 0;
  const fake = fakeCloud(() => {
    gets += 1;
    return response(404);
  });
  await fake.cloud.images.image(ID);
  expect(await fake.cloud.images.recentImage(ID)).toBeNull();
  expect(gets).toBe(2);
});
