import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { CountedRefreshes } from "./counted-refresh.ts";

const PAGE = readFileSync(new URL("../../docs/cloud-calls.md", import.meta.url), "utf8");

/** The rows of a table of the page, as `step` and `call`. */
function rowsUnder(heading: string): Array<{ step: string; call: string }> {
  const section = PAGE.split("\n## ").find((part) => part.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| ([a-z-]+) \| `([^`]+)` \| .+ \|$/gm)].map(
    ([, step = "", call = ""]) => ({ step, call }),
  );
}

describe.each([
  ["image-backed", "A server that runs from an image: 17 calls", 17],
  ["volume-backed", "A server that runs from a volume: 26 calls", 26],
] as const)(
  "a refresh that is %s, not stopped, with one old image to delete",
  (kind, heading, most) => {
    const on = new CountedRefreshes(kind);
    beforeAll(async () => {
      for (let earlier = 0; earlier < 4; earlier++) await on.refresh();
    });

    it("makes the calls that the page explains, and no others", async () => {
      const run = await on.refresh();
      expect(run).toMatchObject({ outcome: "succeeded", apiCalls: on.calls.length });
      expect(run.imagesRetired).toHaveLength(1);
      expect(on.calls).toEqual(rowsUnder(heading));
      expect(on.calls.length).toBeLessThanOrEqual(most);
    });

    it("makes six more where each step runs in a process of its own", async () => {
      const apart = new CountedRefreshes(kind, "a process per step");
      for (let earlier = 0; earlier < 5; earlier++) await apart.refresh();
      expect(apart.calls).toHaveLength(most + 6);
    });

    it("asks each service for its versions once more in a new process", async () => {
      on.newProcess();
      await on.refresh();
      const versions = on.calls.filter(({ call }) => /^GET (compute|volume|image) \/$/.test(call));
      expect(versions).toHaveLength(3);
      expect(on.calls).toHaveLength(rowsUnder(heading).length + 3);
    });
  },
);

it("of a recipe that protects its images takes two calls more, right before the delete", async () => {
  const on = new CountedRefreshes("image-backed");
  on.recipe.image = { ...on.recipe.image, protected: true };
  for (let earlier = 0; earlier < 5; earlier++) await on.refresh();
  const rows = rowsUnder("A server that runs from an image: 17 calls");
  const at = rows.findIndex(({ call }) => call === "DELETE image /images/OLDER");
  const more = ["GET image /images/OLDER", "PATCH image /images/OLDER"].map((call) => ({
    step: "retire-images",
    call,
  }));
  expect(on.calls).toEqual(rows.toSpliced(at, 0, ...more));
});

describe("what a process has read", () => {
  it.each(["image-backed", "volume-backed"] as const)(
    "does not let it delete an image too many after somebody deleted one: %s",
    async (kind) => {
      const on = new CountedRefreshes(kind);
      on.recipe.keep = 3;
      await on.refresh();
      await on.refresh();
      const { candidate: kept } = await on.refresh();
      const { imagesRetired } = await on.refresh();
      expect(imagesRetired).toHaveLength(1);
      // With the next one, three active images are left: the oldest of them may not go.
      on.cloud.operator.deleteImage(kept?.id ?? "");
      expect(await on.refresh()).toMatchObject({ outcome: "succeeded", imagesRetired: [] });
    },
  );

  const LIST_OF_VOLUMES = /^GET volume \/volumes\/detail/;
  it.each([
    ["before the list of volumes, which takes long", LIST_OF_VOLUMES, 6_000],
    ["while tags are set, which takes long", /^DELETE image .*\/tags\//, 6_000],
  ])(
    "does not let it delete an image too many after somebody deactivated one %s",
    async (_, before, tookMs) => {
      const on = new CountedRefreshes("image-backed");
      for (let earlier = 0; earlier < 4; earlier++) await on.refresh();
      const { candidate: kept } = await on.refresh();
      on.onCall = (call) => {
        if (!before.test(call)) return;
        const image = on.cloud.world.firstZone.images.get(kept?.id ?? "");
        if (image !== undefined) image.status = "deactivated";
        on.nowMs += tookMs;
        on.onCall = () => {};
      };
      expect(await on.refresh()).toMatchObject({ outcome: "succeeded", imagesRetired: [] });
    },
  );
});
