import { describe, expect, it } from "vitest";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { type RecipeState, recipeStateKey } from "../../shared/image/recipe-state.ts";
import { applyRecipe } from "../../shared/protocol/apply-recipe.ts";
import { load } from "../../shared/protocol/actor.ts";
import { recipeStateSchema } from "../../shared/image/recipe-state.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { configOf } from "../contract/simulated-target.ts";
import { HOUR, inventoryImage, MINUTE, NOW, recipe, recipeState } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const RULES = { keep: 3, coolingOffMs: HOUR, maxDeletes: 5 };
const BY_HAND = "9".repeat(32);

/** A current and a retired image, both shared, and a project with credentials that is to have the current one. */
function stage(is: { unshareRetired?: boolean; cloud?: string | null } = {}) {
  const on = new Installation();
  const consumer = on.cloud.operator.addProject("consumer", "consumer-secret");
  on.configs.set("consumer", configOf(on.cloud, consumer));
  const project = consumer.project.id;
  const add = (name: string) => on.cloud.operator.addImage({ name, visibility: "shared" });
  const [old, image] = [add("web-old"), add("web-new")];
  old.members.set(project, { status: "accepted", createdAtMs: 0, updatedAtMs: 0 });
  old.members.set(BY_HAND, { status: "accepted", createdAtMs: 0, updatedAtMs: 0 });
  const { unshareRetired = false, cloud = "consumer" } = is;
  const members = [{ project, cloud, accept: cloud !== null }];
  const state = (more: Partial<RecipeState> = {}): RecipeState =>
    recipeState({
      rules: RULES,
      current: image.id,
      images: [
        inventoryImage({ id: old.id, state: "retired", sharedWith: [project] }),
        inventoryImage({ id: image.id, state: "current", promotedAtMs: NOW }),
      ],
      sharing: { members, unshareRetired },
      shareDue: { atMs: NOW, sinceMs: NOW },
      ...more,
    });
  on.put(recipeStateKey("web"), state(), 1, { sweepAtMs: NOW });
  /** Time passes, and the host works off what is due. */
  const goOn = async (afterMs = 0): Promise<RecipeState> => {
    on.nowMs += afterMs;
    on.sent.length = 0;
    await sweep(on.backend);
    const [sample] = sqsSample("retire-images/run").Records;
    for (const { request } of on.sent) {
      const Records = sample === undefined ? [] : [{ ...sample, body: JSON.stringify(request) }];
      await on.call(retireImages, { Records });
    }
    return on.recipeState("web");
  };
  const apply = async (change: Partial<RecipeState["sharing"]>): Promise<void> => {
    const actor = await load(on.store, recipeStateKey("web"), recipeStateSchema);
    if (actor === null) throw new Error("no record");
    const sharing = { members, unshareRetired, ...change };
    await applyRecipe(on.backend, recipe({ ...RULES, sharing }), actor);
  };
  const statusIn = (of: typeof image) => of.members.get(project)?.status ?? null;
  return { on, old, image, project, goOn, apply, statusIn };
}

it("a project that is said to be a member already, and is not listed, is added by the next pass", async () => {
  const { on, image, goOn, statusIn } = stage();
  on.cloud.faults.add({
    on: { operation: "image.addMember", nth: 1 },
    effect: { kind: "status", status: 409 },
  });
  await goOn();
  expect(statusIn(image)).toBeNull();
  await goOn(6 * MINUTE);
  expect(statusIn(image)).toBe("accepted");
});

describe("the current image", () => {
  it("is shared and accepted at once, looked at once more, and then left alone", async () => {
    const { on, image, old, project, goOn, statusIn } = stage();
    const after = await goOn();
    expect(statusIn(image)).toBe("accepted");
    expect(after.seenMembers).toEqual([{ project, status: "accepted", why: null }]);
    expect(after.images[1]?.sharedWith).toEqual([project]);
    expect((await goOn(5 * MINUTE)).shareDue).toBeNull();
    const asked = on.requestsTo(/members/).length;
    await goOn(5 * MINUTE);
    expect(on.requestsTo(/members/)).toHaveLength(asked);
    expect([...old.members.keys()]).toEqual([project, BY_HAND]);
  });

  it("is written down before the request, whose answer may be lost", async () => {
    const { on, image, project, goOn, statusIn } = stage();
    on.onAnswer = ({ method, url }, answer) =>
      method === "POST" && url.endsWith("/members")
        ? { kind: "failure", sent: true, reason: "reset" }
        : answer;
    const lost = await goOn();
    expect(lost.images[1]?.sharedWith).toEqual([project]);
    expect(lost.seenMembers[0]?.why).toContain("reset");
    on.onAnswer = (_request, answer) => answer;
    expect((await goOn(5 * MINUTE)).seenMembers).toEqual([
      { project, status: "accepted", why: null },
    ]);
    expect(statusIn(image)).toBe("accepted");
  });

  it("of a project without credentials waits there to be accepted", async () => {
    const { image, project, goOn, statusIn } = stage({ cloud: null });
    expect((await goOn()).seenMembers).toEqual([{ project, status: "pending", why: null }]);
    expect(statusIn(image)).toBe("pending");
  });

  it("that its member has rejected is not accepted against its will", async () => {
    const { image, project, goOn, statusIn } = stage();
    image.members.set(project, { status: "rejected", createdAtMs: 0, updatedAtMs: 0 });
    expect((await goOn()).seenMembers[0]?.why).toBe("the project has rejected the image");
    expect(statusIn(image)).toBe("rejected");
  });

  it.each([
    [
      "another project's credentials",
      "mycloud",
      /^mycloud of clouds.yaml is for project \w+, not /,
    ],
    ["no such entry", "nobody", /clouds.yaml has no entry "nobody"/],
  ])("with %s is shared, and says why nobody accepts it", async (_what, cloud, why) => {
    const { image, goOn, statusIn } = stage({ cloud });
    const after = await goOn();
    expect(statusIn(image)).toBe("pending");
    expect(after.seenMembers[0]?.why).toMatch(why);
    expect(after.shareDue?.atMs).toBe(NOW + HOUR);
  });

  it("that is private is shared with nobody, and says so", async () => {
    const { on, image, goOn } = stage();
    image.visibility = "private";
    expect((await goOn()).seenMembers[0]?.why).toBe("the image is private, not shared");
    expect(on.requestsTo(/members/)).toEqual([]);
  });
});

describe("a retired image", () => {
  it("is taken back once its member has the next one, from nobody else", async () => {
    const { on, image, old, project, goOn, statusIn } = stage({ unshareRetired: true });
    on.onAnswer = ({ method, url }, answer) =>
      method === "POST" && url.endsWith("/members")
        ? { kind: "response", status: 403, headers: {}, text: "no" }
        : answer;
    image.members.clear();
    on.onRequest = ({ method, url }) => {
      if (method === "POST" && url.endsWith("/members")) image.visibility = "private";
    };
    await goOn();
    expect(statusIn(old)).toBe("accepted");
    on.onAnswer = (_request, answer) => answer;
    on.onRequest = () => {};
    image.visibility = "shared";
    const after = await goOn(HOUR);
    expect(statusIn(image)).toBe("accepted");
    expect([...old.members.keys()]).toEqual([BY_HAND]);
    expect(after.images[0]?.sharedWith).toEqual([]);
    expect(after.images[1]?.sharedWith).toEqual([project]);
  });

  it("stays with its members without unshare_retired, and when it is pinned", async () => {
    const kept = stage();
    await kept.goOn();
    expect(kept.statusIn(kept.old)).toBe("accepted");
    const { on, old, goOn, statusIn } = stage({ unshareRetired: true });
    const state = await on.recipeState("web");
    const pinned = { by: "anna", reason: null, atMs: NOW };
    const images = state.images.map((entry) => ({ ...entry, pinned }));
    on.put(recipeStateKey("web"), { ...state, images }, 1, { sweepAtMs: NOW });
    await goOn();
    expect(statusIn(old)).toBe("accepted");
  });
});

it("a project that the recipe does not name any more loses every image that Regild gave it", async () => {
  const { image, old, goOn, apply, statusIn } = stage();
  await goOn();
  await goOn(5 * MINUTE);
  await apply({ members: [] });
  const after = await goOn();
  expect([statusIn(image), statusIn(old)]).toEqual([null, null]);
  expect([...old.members.keys()]).toEqual([BY_HAND]);
  expect(after.shareDue).not.toBeNull();
  const settled = await goOn(5 * MINUTE);
  expect(settled.shareDue).toBeNull();
  expect(settled.images.map(({ sharedWith }) => sharedWith)).toEqual([[], []]);
});

it("a retired image that a server of a member was made of stays, and says whose it is", async () => {
  const { on, old, project, goOn } = stage();
  const state = await on.recipeState("web");
  const rules = { ...RULES, keep: 1, coolingOffMs: 0 };
  on.put(recipeStateKey("web"), { ...state, rules, shown: state.current }, 1, { sweepAtMs: NOW });
  const [, consumer] = on.cloud.world.identity.callers;
  const server = {
    name: "app-1",
    image: old,
    ...(consumer === undefined ? {} : { project: consumer }),
  };
  on.cloud.operator.addServer(server);
  const after = await goOn();
  expect(after.images[0]?.kept?.why).toBe(`in use by server app-1 of project ${project}`);
  expect(after.images[0]?.state).toBe("retired");
});

describe("a member that two workers have added at the same time is there twice", () => {
  const twice = { status: "accepted", createdAtMs: 0, updatedAtMs: 0, times: 2 };
  const SOON = 6_000;

  it("and once again soon", async () => {
    const { image, project, goOn } = stage();
    image.members.set(project, { ...twice });
    const after = await goOn();
    expect(image.members.get(project)).toMatchObject({ status: "accepted", times: 1 });
    expect(after.shareDue?.atMs).toBeLessThan(NOW + SOON);
    await goOn(SOON);
    expect((await goOn(5 * MINUTE)).shareDue).toBeNull();
    expect(image.members.get(project)).toMatchObject({ times: 1 });
  });

  it("and loses a retired image wholly", async () => {
    const { on, image, old, project, goOn } = stage({ unshareRetired: true });
    image.members.set(project, { ...twice, times: 1 });
    old.members.set(project, { ...twice });
    await goOn(5 * MINUTE);
    expect((await on.recipeState("web")).images[0]?.sharedWith).toEqual([project]);
    await goOn(SOON);
    expect([...old.members.keys()]).toEqual([BY_HAND]);
    expect((await on.recipeState("web")).images[0]?.sharedWith).toEqual([]);
  });

  it("and the image is deleted only when it is there once: Glance fails for good otherwise", async () => {
    const { on, old, project, goOn } = stage();
    old.members.set(project, { ...twice, times: 3 });
    const state = await on.recipeState("web");
    const rules = { ...RULES, keep: 1, coolingOffMs: 0 };
    on.put(recipeStateKey("web"), { ...state, rules, shown: state.current }, 1, { sweepAtMs: NOW });
    for (let check = 0; check < 12; check++) await goOn(5 * MINUTE);
    expect((await on.recipeState("web")).images[0]?.state).toBe("gone");
    const asked = on
      .requestsTo(new RegExp(`^DELETE .*/images/${old.id}(/members/${project})?$`))
      .map((request) => (request.includes("/members/") ? "member" : "image"));
    expect(asked.slice(0, 3)).toEqual(["member", "member", "image"]);
    expect(on.cloud.world.firstZone.images.has(old.id)).toBe(false);
  });
});
