import { describe, expect, test } from "vitest";
import { fakeCloud, ID, inTurn, refusal, response } from "./fake-cloud.ts";

const WRONG = [
  "",
  ".",
  "..",
  "../../v3/users",
  "a?x=1",
  "a#b",
  "a%2e",
  "x".repeat(200),
  7,
  null,
  {},
];

describe("a create that is answered with a wrong id", () => {
  test.each(WRONG)("%j counts as unanswered: an image of a server by its body", async (id) => {
    const fake = fakeCloud(inTurn(response(202, { image_id: id })));
    expect((await refusal(fake.cloud.compute.createImage(ID, "n", {}))).kind).toBe("unanswered");
  });

  test.each([
    "http://glance.example/images/",
    "http://glance.example/images/..",
    "http://glance.example/images/a?b=/c%2F..",
    "http://glance.example/images/a#b",
    "javascript:alert(1)",
    `http://glance.example/images/${"x".repeat(200)}`,
  ])("%s counts as unanswered: an image of a server by its Location", async (location) => {
    const fake = fakeCloud(inTurn(response(202, "", { location })));
    expect((await refusal(fake.cloud.compute.createImage(ID, "n", {}))).kind).toBe("unanswered");
  });

  test("a Location on another host gives its id, and is not asked", async () => {
    const location = `http://evil.example/v2/images/${ID}`;
    const fake = fakeCloud(inTurn(response(202, "", { location })));
    expect(await fake.cloud.compute.createImage(ID, "n", {})).toEqual({ imageId: ID });
    expect(fake.requests).toHaveLength(1);
  });

  test.each(WRONG)("%j counts as unanswered: uploads, snapshots and volumes", async (id) => {
    const { volumes } = fakeCloud((request) =>
      request.url.endsWith("/action")
        ? response(202, { "os-volume_upload_image": { image_id: id } })
        : response(202, { snapshot: { id }, volume: { id } }),
    ).cloud;
    const upload = { name: "n", diskFormat: "raw", force: false };
    for (const made of [
      volumes.uploadImage(ID, upload),
      volumes.createSnapshot(ID, "n", {}),
      volumes.createVolume(ID, "n", {}),
    ])
      expect((await refusal(made)).kind).toBe("unanswered");
  });
});

test.each(["..", "../x", "a/b", "req-1?x=1"])(
  "an action's request id %j is told, and not asked for",
  async (request_id) => {
    const action = { action: "createImage", start_time: "2026-11-22T05:00:00", message: "Error" };
    const fake = fakeCloud(() => response(200, { instanceActions: [{ ...action, request_id }] }));
    expect(await fake.cloud.compute.failureOf(ID, "createImage", 0)).toEqual({
      message: "Error",
      requestId: request_id,
    });
    expect(fake.requests).toHaveLength(1);
  },
);

test.each([
  ["a megabyte", "x".repeat(1_000_000)],
  ["terminal escapes", "\u001b[31m".repeat(1000)],
  ["an override of direction", "\u202e".repeat(1000)],
])("a reason of %s is cut and made harmless", async (_name, reason) => {
  const fake = fakeCloud(() =>
    response(200, {
      messages: [{ user_message: reason, created_at: "2026-11-22T05:00:00", resource_uuid: ID }],
    }),
  );
  const failure = await fake.cloud.volumes.failureOf(ID, 0);
  expect(failure?.message.length).toBeLessThanOrEqual(1000);
  expect(failure?.message).not.toMatch(/[\p{Cc}\u202e]/u);
  const refused = fakeCloud(() => response(403, { forbidden: { message: reason } }));
  const { message } = await refusal(refused.cloud.compute.server(ID));
  expect(message.length).toBeLessThanOrEqual(1000);
  expect(message).not.toMatch(/[\p{Cc}\u202e]/u);
});
