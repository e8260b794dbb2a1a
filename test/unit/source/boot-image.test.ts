import { describe, expect, it } from "vitest";
import { seeInherited } from "../../../shared/source/boot-image.ts";
import { image } from "../builders.ts";

const REASON = "sync_status_reason";

/** What a new image with this reason has from its boot image, and whether that was read. */
async function inheritedBy(
  reason: string | null,
  knows: Record<string, string>,
  bootImage: { id: string | null; reason?: string | null },
) {
  const read: string[] = [];
  const images = {
    foreign: async (id: string) => {
      read.push(id);
      const { reason: its } = bootImage;
      return its == null ? null : image({ id, properties: { [REASON]: its, os_distro: "x" } });
    },
  };
  const cloud: object = { images };
  const made = image({ properties: reason === null ? {} : { [REASON]: reason } });
  const source = { bootImageId: bootImage.id, inherited: knows };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no other method is called
  const found = await seeInherited(cloud as Parameters<typeof seeInherited>[0], source, made);
  return { found, read };
}

describe("the boot image", () => {
  it.each([
    ["the new image shows no reason", null, {}, "boot"],
    ["the reason is known to be inherited", "old", { [REASON]: "old" }, "boot"],
    ["the server runs from a volume", "old", {}, null],
  ])("is not read if %s", async (_, reason, knows, id) => {
    expect(await inheritedBy(reason, knows, { id, reason: "old" })).toEqual({
      found: {},
      read: [],
    });
  });

  it.each([
    ["its reason", "old", { [REASON]: "old" }],
    ["nothing, if somebody has deleted it", null, {}],
  ])("says what the new image has from it: %s", async (_, reason, found) => {
    expect(await inheritedBy("old", {}, { id: "boot", reason })).toEqual({ found, read: ["boot"] });
  });

  it.each([
    ["ASCII", "x".repeat(300), "x".repeat(255)],
    ["two bytes a character", "é".repeat(200), "é".repeat(127)],
    ["four bytes a character", "𝄞".repeat(80), "𝄞".repeat(63)],
  ])("hands on 255 bytes of each: %s", async (_, whole, cut) => {
    const { found } = await inheritedBy(cut, {}, { id: "boot", reason: whole });
    expect(found).toEqual({ [REASON]: cut });
  });
});
