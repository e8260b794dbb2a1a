import { describe, expect, it } from "vitest";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import {
  type InventoryImage,
  type RecipeState,
  recipeStateKey,
  recipeStateSchema,
} from "../../shared/image/recipe-state.ts";
import { adoptSharing, shareSoon } from "../../shared/image/sharing.ts";
import type { Sharing } from "../../shared/recipe/sharing.ts";
import { sweep } from "../../shared/protocol/sweep.ts";
import { configOf } from "../contract/simulated-target.ts";
import { HOUR, inventoryImage, MINUTE, NOW, recipeState, SECOND } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const [P1, P2] = ["1".repeat(32), "2".repeat(32)] as const;
const RULES = { keep: 3, coolingOffMs: 100 * HOUR, maxDeletes: 5 };
const KEY = recipeStateKey("web");
/** A change of the sharing counts as settled so long after it. */
const SETTLED = 80 * SECOND;

const named = (projects: string[], unshareRetired = false): Sharing => ({
  members: projects.map((project) => ({ project, cloud: null, accept: false })),
  unshareRetired,
});

function stage() {
  const on = new Installation();
  on.configs.set("earlier", configOf(on.cloud, on.cloud.demo));
  const addImage = (name: string, zone = "az1") => {
    const image = on.cloud.operator.addImage({ name, visibility: "shared", zone });
    for (const project of [P1, P2])
      image.members.set(project, { status: "pending", createdAtMs: 0, updatedAtMs: 0 });
    return image;
  };
  const put = (state: RecipeState) => on.put(KEY, state, 1, { sweepAtMs: NOW });
  /** Somebody else changes the record at that moment. */
  const change = (by: (state: RecipeState) => RecipeState | null): void => {
    const item = on.store.table.get(KEY);
    if (item === null) throw new Error("no record");
    const changed = by(recipeStateSchema.parse(JSON.parse(item.doc)));
    if (changed !== null) on.put(KEY, changed, item.version + 1, { sweepAtMs: on.nowMs });
  };
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
  const removed = () => on.requestsTo(/^DELETE .*members/).length;
  return { on, addImage, put, change, goOn, removed };
}

/** A retired image that both members are to lose, because they have the current one. */
function withRetired(is: Partial<RecipeState> = {}) {
  const s = stage();
  const [old, image] = [s.addImage("web-old"), s.addImage("web-new")];
  const shared = { sharedWith: [P1, P2] };
  s.put(
    recipeState({
      rules: RULES,
      current: image.id,
      shown: image.id,
      images: [
        inventoryImage({ id: old.id, state: "retired", ...shared }),
        inventoryImage({ id: image.id, state: "current", promotedAtMs: NOW - HOUR, ...shared }),
      ],
      sharing: named([P1, P2], true),
      shareDue: { atMs: NOW, sinceMs: NOW },
      ...is,
    }),
  );
  const rollBack = (state: RecipeState): RecipeState => {
    const images = state.images.map((entry) =>
      entry.id === old.id
        ? { ...entry, state: "current" as const, retiredAtMs: null }
        : { ...entry, state: "retired" as const, retiredAtMs: s.on.nowMs },
    );
    return shareSoon({ ...state, images, current: old.id, shown: old.id }, s.on.nowMs);
  };
  return { ...s, old, image, rollBack };
}

describe("a change while members are taken back one by one", () => {
  type Change = (state: RecipeState, is: ReturnType<typeof withRetired>) => RecipeState | null;
  const pinned = { by: "anna", reason: null, atMs: NOW };
  it.each<[string, Change]>([
    ["a rollback to the image", (state, { rollBack }) => rollBack(state)],
    ["a pin", (state, { on }) => shareSoon(withAll(state, { pinned }), on.nowMs)],
    [
      "a recipe that leaves retired images with their members",
      (state, { on }) => adoptSharing(state, named([P1, P2]), on.nowMs),
    ],
  ])("leaves the image with the others: %s", async (_what, by) => {
    const s = withRetired();
    s.on.onRequest = ({ method }) => {
      if (method !== "DELETE" || s.removed() > 1) return;
      s.on.nowMs += SECOND;
      s.change((state) => by(state, s));
    };
    const after = await s.goOn();
    expect(s.removed()).toBe(1);
    expect(s.old.members.has(P2)).toBe(true);
    expect(after.images[0]?.sharedWith).toEqual([P1, P2]);
    expect(after.shareDue?.sinceMs).toBe(NOW + SECOND);
  });

  it("gives the image back to whom the rollback came too late for", async () => {
    const s = withRetired();
    s.on.onRequest = ({ method }) => {
      s.on.nowMs += SECOND;
      if (method === "DELETE" && s.removed() === 1) s.change(s.rollBack);
    };
    await s.goOn();
    const after = await s.goOn(5 * MINUTE);
    expect([...s.old.members.keys()].toSorted()).toEqual([P1, P2]);
    expect(after.seenMembers.map(({ status }) => status)).toEqual(["pending", "pending"]);
  });
});

it("a worker that has slept since it read the record takes nothing back, and the pass stays due", async () => {
  const s = withRetired();
  const get = s.on.store.get.bind(s.on.store);
  s.on.onRequest = ({ url }) => {
    if (!url.endsWith("/members")) return;
    s.on.store.get = async (key) => {
      const item = await get(key);
      s.on.nowMs += 11 * SECOND;
      return item;
    };
  };
  const after = await s.goOn();
  expect(s.removed()).toBe(0);
  expect(after.shareDue?.sinceMs).toBe(NOW);
  s.on.onRequest = () => {};
  s.on.store.get = get;
  expect((await s.goOn(10 * MINUTE)).images[0]?.sharedWith).toEqual([]);
  expect([...s.old.members.keys()]).toEqual([]);
});

describe("a member that was just taken back is not forgotten", () => {
  it("if a rollback gives it the image again", async () => {
    const s = withRetired();
    s.on.nowMs += SETTLED;
    s.on.onAnswer = ({ method, url }, answer) => {
      if (method === "DELETE" && url.endsWith(P2)) s.change(s.rollBack);
      return answer;
    };
    const after = await s.goOn();
    expect(s.removed()).toBe(2);
    expect(after.images[0]?.sharedWith).toEqual([P1, P2]);
    s.on.onAnswer = (_request, answer) => answer;
    await s.goOn(MINUTE);
    expect([...s.old.members.keys()].toSorted()).toEqual([P1, P2]);
    s.change((state) => adoptSharing(state, named([P1], true), s.on.nowMs));
    await s.goOn(MINUTE);
    expect([...s.old.members.keys()]).toEqual([P1]);
  });

  it("if the recipe names it again", async () => {
    const s = withRetired({ sharing: named([P1]) });
    s.on.nowMs += SETTLED;
    s.on.onAnswer = ({ method }, answer) => {
      if (method === "DELETE")
        s.change((state) => adoptSharing(state, named([P1, P2]), s.on.nowMs));
      return answer;
    };
    const { images } = await s.goOn();
    expect(images.map(({ sharedWith }) => sharedWith)).toEqual([
      [P1, P2],
      [P1, P2],
    ]);
  });

  it("while a paused worker may still add it: the last pass begins after that", async () => {
    const s = withRetired({ sharing: named([P1]) });
    s.on.onRequest = ({ method }) => {
      if (method === "DELETE") s.on.nowMs += 5 * SECOND;
    };
    const early = await s.goOn(SETTLED - SECOND);
    expect(early.images[0]?.sharedWith).toEqual([P1, P2]);
    expect(early.shareDue?.atMs).toBe(NOW + SETTLED);
    s.old.members.set(P2, { status: "pending", createdAtMs: 0, updatedAtMs: 0 });
    const last = await s.goOn(MINUTE);
    expect(last.images.map(({ sharedWith }) => sharedWith)).toEqual([[P1], [P1]]);
    expect([...s.old.members.keys()]).toEqual([P1]);
    expect(last.shareDue).toBeNull();
  });
});

describe("an image of a cloud or region that the recipe has left", () => {
  const WHERE = { region: null, projectId: "project-1", sourceId: "server-1" };
  const EARLIER = { ...WHERE, cloud: "earlier" };
  const NEW = { ...WHERE, cloud: "mycloud", region: "az2" };

  function moved(sharing: Sharing, isRevoked = false) {
    const s = stage();
    const [earlier, image] = [s.addImage("web-a1"), s.addImage("web-b1", "az2")];
    const revoked = { by: "anna", reason: null, atMs: NOW - HOUR };
    const shared = { sharedWith: [P1, P2] };
    s.put(
      recipeState({
        rules: RULES,
        current: isRevoked ? null : image.id,
        shown: image.id,
        images: [
          inventoryImage({ id: earlier.id, state: "retired", where: EARLIER, ...shared }),
          inventoryImage({
            id: image.id,
            where: NEW,
            state: isRevoked ? "retired" : "current",
            ...(isRevoked ? { revoked } : {}),
            ...shared,
          }),
        ],
        sharing,
        shareDue: { atMs: NOW, sinceMs: NOW },
      }),
    );
    return { ...s, earlier, image };
  }

  it.each([
    ["with a current image elsewhere", false],
    ["with none", true],
  ])("is taken back from a dropped project there, %s", async (_what, isRevoked) => {
    const { earlier, image, goOn } = moved(named([P1]), isRevoked);
    await goOn();
    expect([...earlier.members.keys()]).toEqual([P1]);
    expect([...image.members.keys()]).toEqual([P1]);
    const after = await goOn(5 * MINUTE);
    expect(after.images.map(({ sharedWith }) => sharedWith)).toEqual([[P1], [P1]]);
    expect(after.shareDue).toBeNull();
  });

  it("stays with a member that has the next one elsewhere only", async () => {
    const { earlier, goOn } = moved(named([P1, P2], true));
    await goOn();
    await goOn(5 * MINUTE);
    expect([...earlier.members.keys()]).toEqual([P1, P2]);
  });

  it.each([false, true])(
    "keeps the pass due while clouds.yaml does not name that cloud (none current: %s)",
    async (isRevoked) => {
      const { on, earlier, goOn } = moved(named([P1]), isRevoked);
      const config = configOf(on.cloud, on.cloud.demo);
      on.configs.delete("earlier");
      const after = await goOn(5 * MINUTE);
      expect(after.images.map(({ sharedWith }) => sharedWith)).toEqual([[P1, P2], [P1]]);
      expect(after.shareDue?.atMs).toBe(on.nowMs + HOUR);
      on.configs.set("earlier", config);
      expect((await goOn(HOUR)).shareDue).toBeNull();
      expect([...earlier.members.keys()]).toEqual([P1]);
    },
  );

  it("keeps the pass due while that cloud does not answer", async () => {
    const { on, earlier, goOn } = moved(named([P1]));
    const down = { kind: "response", status: 503, headers: {}, text: "down" } as const;
    on.onAnswer = ({ url }, answer) => (url.includes(earlier.id) ? down : answer);
    const after = await goOn(5 * MINUTE);
    expect(after.images[0]?.sharedWith).toEqual([P1, P2]);
    expect(after.shareDue?.atMs).toBe(on.nowMs + 5 * MINUTE);
  });
});

function withAll(state: RecipeState, is: Partial<InventoryImage>): RecipeState {
  return { ...state, images: state.images.map((entry) => ({ ...entry, ...is })) };
}
