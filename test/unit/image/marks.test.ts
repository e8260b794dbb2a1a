import { describe, expect, it } from "vitest";
import {
  candidateMarks,
  creationProperties,
  missing,
  ownerMark,
  stateMarks,
} from "../../../shared/image/marks.ts";
import { candidate, recipeState, image, inventoryImage, NOW, recipe, run } from "../builders.ts";

const promoting = run({ candidate: candidate(), imageName: "web-golden-7" });
const marksOf = (properties: Record<string, string>, of = promoting) =>
  candidateMarks(of, image({ properties }), "try001").change.properties ?? {};

describe("what a candidate is to carry", () => {
  it("names its own id as the owner's mark: a copy names another's", () => {
    expect(marksOf({})["regild_owner"]).toBe(
      "home01home02/web-20261123-093012-k3f9q2/try001/image-new",
    );
    expect(ownerMark("home", "run", "try", "id")).toBe("home/run/try/id");
  });

  it("has every inherited regild_* property removed or replaced, and no other", () => {
    const inherited = {
      regild_owner: "home/run/try/another-image",
      regild_recipe: "another",
      regild_state: "current",
      regild_attempt: "home/run/try",
      regild_promoted_at: "2026-11-22T00:00:00.000Z",
      regild_replaces: "older",
      os_distro: "debian",
    };
    const marks = marksOf(inherited);
    expect(marks).toMatchObject({
      regild_recipe: "web",
      regild_source: "server:server-1",
      regild_state: null,
      regild_attempt: null,
      regild_promoted_at: null,
      regild_replaces: null,
    });
    expect(marks).not.toHaveProperty("os_distro");
  });

  it.each(["md5", "sha256", "object"])(
    "has the inherited %s of an upload by openstacksdk removed: it is that of another image",
    (key) => {
      const property = `owner_specified.openstack.${key}`;
      expect(marksOf({ [property]: "f98cfc1b" })).toHaveProperty([property], null);
    },
  );

  it("has a property of that prefix which the recipe sets", () => {
    const properties = { "owner_specified.openstack.object": "images/web" };
    const asked = recipe({ image: { ...recipe().image, properties } });
    const inherited = { "owner_specified.openstack.object": "images/base" };
    expect(marksOf(inherited, { ...promoting, recipe: asked })).toMatchObject(properties);
  });

  it("keeps what promotion has written, once the run is promoted", () => {
    const promotion = { regild_promoted_at: "2026-11-23T00:00:00.000Z", regild_replaces: "older" };
    const marks = marksOf({ ...promotion, regild_state: "x" }, { ...promoting, promoted: true });
    expect(marks).not.toHaveProperty("regild_promoted_at");
    expect(marks).not.toHaveProperty("regild_replaces");
    expect(marks).toHaveProperty("regild_state", null);
  });

  it("has the recipe's name, properties, sizes and visibility, and no size that the recipe leaves open", () => {
    const asked = recipe({
      image: {
        ...recipe().image,
        properties: { os_distro: "debian", image_type: "base" },
        minDiskGib: 20,
        visibility: "shared",
      },
    });
    const { change } = candidateMarks({ ...promoting, recipe: asked }, image(), "try001");
    expect(change).toMatchObject({
      name: "web-golden-7",
      minDiskGib: 20,
      visibility: "shared",
      properties: { os_distro: "debian", image_type: "base" },
    });
    expect(change).not.toHaveProperty("minRamMib");
  });

  it("has the version that the recipe gives it, and none that it inherited", () => {
    const versioned = recipe({ image: { ...recipe().image, version: "1.4.2" } });
    expect(creationProperties({ ...promoting, recipe: versioned })).toMatchObject({
      regild_version: "1.4.2",
    });
    expect(marksOf({ regild_version: "1.4.1" })).toHaveProperty("regild_version", null);
    const entry = inventoryImage({ id: "image-new", state: "current", version: "1.4.2" });
    const label = "regild-version-web:1.4.2";
    expect(stateMarks(recipeState(), entry).addTags).toContain(label);
    const retired = { ...entry, state: "retired" as const };
    expect(stateMarks(recipeState(), retired).addTags).toContain(label);
    const bare = stateMarks(recipeState(), { ...entry, version: null });
    expect(bare.addTags).toEqual(["regild-current-web"]);
  });

  it("can not be given a mark of ours by the recipe", () => {
    const properties = { regild_recipe: "forged", regild_source: "forged" };
    const forged = recipe({ image: { ...recipe().image, properties } });
    expect(creationProperties({ ...promoting, recipe: forged })).toMatchObject({
      regild_recipe: "web",
      regild_source: "server:server-1",
    });
  });
});

describe("how the clouds show the inventory", () => {
  const shown = (state: "current" | "retired", replaces: string | null = null) =>
    stateMarks(
      recipeState({ current: "it" }),
      inventoryImage({ id: "it", state, promotedAtMs: NOW, replaces, provenance: "sha256:00" }),
    );

  it("the current image bears the recipe's tag and is not hidden", () => {
    expect(shown("current", "older")).toEqual({
      change: {
        hidden: false,
        properties: {
          regild_promoted_at: "2026-11-23T09:30:12.000Z",
          regild_replaces: "older",
          regild_provenance: "sha256:00",
        },
      },
      addTags: ["regild-current-web"],
      removeTags: ["regild-retired", "regild-candidate", "regild-pinned"],
    });
  });

  it("the first image of a recipe replaces none, whatever it inherited", () => {
    expect(shown("current").change.properties).toHaveProperty("regild_replaces", null);
  });

  it("a retired image loses the recipe's tag and is hidden", () => {
    expect(shown("retired")).toEqual({
      change: { hidden: true },
      addTags: ["regild-retired"],
      removeTags: ["regild-current-web", "regild-candidate", "regild-pinned"],
    });
  });
});

describe("what an image does not show yet", () => {
  const marks = {
    change: { hidden: true, properties: { a: "1", b: null } },
    addTags: ["new"],
    removeTags: ["old"],
  };

  it("is null once it shows all of it", () => {
    const done = image({
      hidden: true,
      properties: { a: "1", other: "x" },
      tags: ["new", "theirs"],
    });
    expect(missing(done, marks)).toBeNull();
  });

  it("is only the tags that lack and those that are there to go", () => {
    const half = image({ hidden: true, properties: { a: "1" }, tags: ["new", "old"] });
    expect(missing(half, marks)).toEqual({ ...marks, addTags: [], removeTags: ["old"] });
  });

  it.each([
    ["a field", { hidden: false, properties: { a: "1" }, tags: ["new"] }],
    ["a property", { hidden: true, properties: { a: "2" }, tags: ["new"] }],
    ["a property that is to go", { hidden: true, properties: { a: "1", b: "x" }, tags: ["new"] }],
    ["a tag", { hidden: true, properties: { a: "1" } }],
  ])("is noticed by %s", (_what, is) => {
    expect(missing(image(is), marks)).not.toBeNull();
  });
});
