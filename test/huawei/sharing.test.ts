import { expect, it } from "vitest";
import { HOUR } from "../unit/builders.ts";
import { ImsInstallation } from "./ims-installation.ts";

const PROJECT = "edc89b490d7d4392898e19b2deb34797";

it("a private image by IMS is shared with the recipe's members, and its visibility is left alone", async () => {
  const on = new ImsInstallation();
  const { image } = on.recipe();
  const of = on.recipe({
    image: { ...image, visibility: "shared" },
    sharing: { members: [{ project: PROJECT, cloud: null, accept: false }], unshareRetired: true },
    keep: 2,
  });
  const first = await on.refresh(of);
  const membersOf = (id = "") => [...(on.cloud.images.get(id)?.members.keys() ?? [])];
  expect(first).toMatchObject({ outcome: "succeeded", failure: null });
  expect(membersOf(first.candidate?.id)).toEqual([PROJECT]);
  expect((await on.recipeState()).seenMembers).toEqual([
    { project: PROJECT, status: "pending", why: null },
  ]);
  const second = await on.refresh(of);
  await on.idle(HOUR);
  expect(membersOf(second.candidate?.id)).toEqual([PROJECT]);
  expect(membersOf(first.candidate?.id)).toEqual([]);
  expect(on.cloud.requests.filter((each) => each.includes("/members"))).not.toEqual([]);
  expect(on.cloud.requests.filter((each) => each.includes("cloudimages/members"))).toEqual([]);
});
