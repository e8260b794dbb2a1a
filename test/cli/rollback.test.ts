import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { openWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
/** Oldest first. */
let ids: string[] = [];

const TAG = "regild-current-web";
const EMPTY = "00000000-0000-0000-0000-000000000000";

beforeAll(async () => {
  place = await openWorkplace();
  for (let n = 0; n < 3; n++) await place.regild("refresh", "web", "--wait");
  ids = images().map(({ id }) => id);
}, 60_000);
afterAll(() => place[Symbol.asyncDispose]());

function images() {
  place.cloud.settle();
  return [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
}

/** Ids of the images that consumers find. */
function shown(): string[] {
  return images().flatMap(({ id, tags }) => (tags.includes(TAG) ? [id] : []));
}

function image(id: string | undefined) {
  const found = images().find((i) => i.id === id);
  if (found === undefined) throw new Error(`no image ${id ?? ""}`);
  return found;
}

const change = z.object({
  change: z.object({
    kind: z.string(),
    from: z.nullable(z.object({ id: z.string() })),
    to: z.nullable(z.object({ id: z.string() })),
    reason: z.nullable(z.string()),
    note: z.nullable(z.string()),
  }),
  shown: z.boolean(),
});

describe("regild rollback", { timeout: 60_000 }, () => {
  it("passes over an image that is not good", async () => {
    expect(shown()).toEqual([ids[2]]);
    image(ids[1]).status = "deactivated";
    const { status, err } = await place.regild("rollback", "web", "-o", "json");
    expect(status).toBe(0);
    expect(err).toContain(`${ids[1] ?? ""}: it is deactivated`);
    expect(shown()).toEqual([ids[0]]);
  });

  it("refuses a named image that is not good, and changes nothing", async () => {
    const { status, err } = await place.regild("rollback", "web", ids[1] ?? "");
    expect(status).toBe(6);
    expect(err).toContain("it is deactivated");
    expect(shown()).toEqual([ids[0]]);
    image(ids[1]).status = "active";
  });

  it("makes a named image current, also the one that was left", async () => {
    const { status, out } = await place.regild("rollback", "web", ids[2] ?? "");
    expect(status).toBe(0);
    expect(out).toContain(`Current for web: ${image(ids[2]).name} (${ids[2] ?? ""})`);
    expect(shown()).toEqual([ids[2]]);
  });

  it("makes the image before the current one current, and the cloud shows it", async () => {
    const json = await place.regild("rollback", "web", "--reason", "no network", "-o", "json");
    expect(json.status).toBe(0);
    expect(change.parse(JSON.parse(json.out))).toEqual({
      change: {
        kind: "rolled-back",
        from: { id: ids[2] },
        to: { id: ids[1] },
        reason: "no network",
        note: null,
      },
      shown: true,
    });
    expect(shown()).toEqual([ids[1]]);
    expect(image(ids[1])).toMatchObject({ hidden: false });
    expect(image(ids[2])).toMatchObject({ hidden: true, status: "active" });
    expect([...image(ids[2]).tags]).toEqual(["regild-retired"]);
  });

  it("goes further back the next time, not to the image that it has left", async () => {
    expect((await place.regild("rollback", "web")).status).toBe(0);
    expect(shown()).toEqual([ids[0]]);
    const none = await place.regild("rollback", "web");
    expect(none.status).toBe(6);
    expect(none.err).toContain("no earlier image to go back to");
  });

  it.each([
    [["rollback", "wbe"], 2, "No recipe or run is named wbe"],
    [["rollback", "data"], 2, "data has no run yet"],
    [["rollback", "web", EMPTY], 2, "web has no image"],
    [["rollback"], 2, "missing required argument"],
  ] as const)("%j is refused", async (args, expected, message) => {
    const { status, err } = await place.regild(...args);
    expect(err).toContain(message);
    expect(status).toBe(expected);
  });

  it("moves the record when the cloud does not answer, and shows the cloud later", async () => {
    place.cloud.faults.add({ on: { times: 1000 }, effect: { kind: "status", status: 503 } });
    const { status, err } = await place.regild("rollback", "web", ids[2] ?? "");
    expect(err).toContain("the cloud did not answer");
    expect(err).toContain("The cloud does not show it yet");
    expect(status).toBe(0);
    expect(shown()).toEqual([ids[0]]);
    place.cloud.faults.clear();
    const later = await place.regild("rollback", "web", ids[0] ?? "");
    expect(later.status).toBe(0);
    await place.regild("rollback", "web", ids[2] ?? "");
    expect(shown()).toEqual([ids[2]]);
  });
});

describe("regild revoke", { timeout: 60_000 }, () => {
  it("hides a current image for good, and the image before takes over", async () => {
    const { status, out } = await place.regild(
      "revoke",
      ids[2] ?? "",
      "--reason",
      "a key was in it",
    );
    expect(status).toBe(0);
    expect(out).toContain("Revoked: ");
    expect(shown()).toEqual([ids[0]]);
    expect(image(ids[2])).toMatchObject({ hidden: true, status: "active" });
    expect([...image(ids[2]).tags].toSorted()).toEqual(["regild-retired", "regild-revoked"]);
    const back = await place.regild("rollback", "web", ids[2] ?? "");
    expect(back.status).toBe(6);
    expect(back.err).toContain("is revoked");
  });

  it("tags an image that was not current", async () => {
    const { status, out } = await place.regild(
      "revoke",
      image(ids[1]).name ?? "",
      "--reason",
      "old",
    );
    expect(status).toBe(0);
    expect(out).not.toContain("Current for web");
    expect(shown()).toEqual([ids[0]]);
    expect([...image(ids[1]).tags]).toContain("regild-revoked");
  });

  it("of the last image needs --yes, and then none is current", async () => {
    const refused = await place.regild("revoke", ids[0] ?? "", "--reason", "bad");
    expect(refused.status).toBe(6);
    expect(refused.err).toContain("would have no current image");
    expect(shown()).toEqual([ids[0]]);
    const { status, out } = await place.regild("revoke", ids[0] ?? "", "--reason", "bad", "--yes");
    expect(status).toBe(0);
    expect(out).toContain("web has no current image now");
    expect(shown()).toEqual([]);
    expect((await place.regild("refresh", "web", "--wait")).status).toBe(0);
    expect(shown()).toHaveLength(1);
  });

  it("needs a reason", async () => {
    const { status, err } = await place.regild("revoke", ids[2] ?? "");
    expect(status).toBe(2);
    expect(err).toContain("--reason");
  });
});
