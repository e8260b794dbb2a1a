import { describe, expect, it } from "vitest";
import { HOUR, intent, inventoryImage, MINUTE, resource, run } from "../../unit/builders.ts";
import { History, told } from "./history.ts";
import {
  marks,
  FIRST,
  gaveUp,
  recipeStateOf,
  inventory,
  snapshot,
  HISTORY,
  TAG,
  twoPromoted,
} from "./histories.ts";

/** Each rule, and the shortest history that breaks it, and what else it cannot but break. */
const HISTORIES: Array<[rule: string, tell: (history: History) => void, also?: readonly string[]]> =
  [
    [
      "only what this program has made is deleted",
      (s) => {
        const { id } = s.cloud.operator.addImage({ name: "theirs" });
        inventory(s, id, "deleting");
        s.delete("images", id);
      },
    ],
    [
      "only images marked for deletion are deleted",
      (s) => {
        const { id } = s.made();
        inventory(s, id, "candidate");
        s.delete("images", id);
      },
    ],
    [
      "no protected image is deleted",
      (s) => {
        const image = s.made();
        image.protected = true;
        inventory(s, image.id, "deleting");
        s.ask("GET", `/image/az1/v2/images/${image.id}`);
        s.delete("images", image.id);
      },
    ],
    [
      "only resources marked for deletion are deleted",
      (s) => s.delete("snapshots", snapshot(s, "kept")),
    ],
    [
      "no snapshot is deleted that an image names",
      (s) => {
        const id = snapshot(s, "deleting");
        const properties = { block_device_mapping: JSON.stringify([{ snapshot_id: id }]) };
        s.cloud.operator.addImage({ name: "theirs", hidden: true, properties });
        s.wait(MINUTE);
        s.delete("snapshots", id);
      },
    ],
    [
      "no snapshot is deleted that a volume hangs on",
      (s) => {
        const id = snapshot(s, "deleting");
        s.cloud.operator.addVolume({ name: "theirs" }).snapshotId = id;
        s.wait(MINUTE);
        s.delete("snapshots", id);
      },
    ],
    [
      "what becomes current is usable",
      (s) => {
        const image = s.made();
        image.status = "queued";
        inventory(s, image.id, "candidate");
        inventory(s, image.id, "current");
      },
    ],
    [
      "only the active run of a recipe promotes",
      (s) => {
        const { id } = s.made();
        inventory(s, id, "candidate");
        const images = [inventoryImage({ id, state: "current", run: run().id })];
        s.recipeState({ current: id, images });
      },
    ],
    [
      "nothing is retired before its successor is current",
      (s) => {
        const { id } = s.made();
        inventory(s, id, "candidate");
        inventory(s, id, "current");
        const images = [inventoryImage({ id, state: "retired", run: run().id })];
        s.recipeState({ activeRun: run().id, current: id, images });
      },
      ["the pointer names the current one"],
    ],
    [
      "nothing goes before its cooling-off is over",
      (s) => {
        const [old] = twoPromoted(s);
        s.cloud.operator.addImage({ name: "x" });
        marks(s, old);
      },
    ],
    [
      "no protected image goes",
      (s) => {
        const [old] = twoPromoted(s);
        old.protected = true;
        s.wait(2 * HOUR);
        marks(s, old);
      },
    ],
    [
      "no image goes that is in use",
      (s) => {
        const [old] = twoPromoted(s);
        s.cloud.operator.addServer({ name: "user", image: old });
        s.wait(2 * HOUR);
        marks(s, old);
      },
    ],
    [
      "as many active images stay as are to be kept",
      (s) => {
        const [old, young] = twoPromoted(s);
        young.status = "deactivated";
        s.wait(2 * HOUR);
        marks(s, old);
      },
    ],
    [
      "the clouds always show a current image",
      (s) => {
        const [image] = twoPromoted(s);
        s.ask("PUT", `/image/az1/v2/images/${image.id}${TAG}`);
        s.ask("DELETE", `/image/az1/v2/images/${image.id}${TAG}`);
      },
    ],
    [
      "no image is shown as current that never was",
      (s) => s.ask("PUT", `/image/az1/v2/images/${s.made().id}${TAG}`),
    ],
    [
      "within bounds, the current image is not hidden",
      (s) => {
        const [, { id }] = twoPromoted(s);
        const patch = [{ op: "replace", path: "/os_hidden", value: true }];
        s.ask("PATCH", `/image/az1/v2/images/${id}`, patch);
      },
    ],
    [
      "within bounds, no image is given up that is there and well",
      (s) => {
        const { id } = s.made();
        inventory(s, id, "candidate");
        gaveUp(s, id);
      },
    ],
    [
      "what a run changed in the cloud is in its timeline",
      (s) => {
        s.by("w1", "R#web run#20261123-093012-k3f9q2 v1 #1");
        s.made();
        const timeline = [told("intent", "web-try001"), told("answer", "accepted")];
        s.run({ locked: true, intent: intent({ id: "web-try001" }), timeline });
      },
    ],
    [
      "an ended run has no unrecorded left-over",
      (s) => {
        s.made();
        s.source();
        s.recipeState();
        const timeline = [told("intent", "web-try001")];
        s.run({ locked: true, intent: null, outcome: "failed", timeline });
      },
    ],
    [
      "no attached volume is deleted",
      (s) => {
        const id = snapshot(s, "deleting");
        const creationNames = ["web-try001", "regild-web-vol01"];
        s.run({ locked: true, creationNames, timeline: HISTORY });
        const volume = s.cloud.operator.addVolume({ name: "regild-web-vol01" });
        s.cloud.operator.addServer({ name: "user", volumes: [volume] });
        s.checker.effect();
        const deleting = { state: "deleting", run: run().id } as const;
        const resources = [
          resource({ id, ...deleting }),
          resource({ id: volume.id, kind: "volume", ...deleting }),
        ];
        s.recipeState({ activeRun: run().id, resources });
        s.delete("volumes", volume.id);
      },
    ],
    [
      "nothing goes of a recipe that has kept nothing yet",
      (s) => {
        const [old] = twoPromoted(s);
        s.recipeState({ ...recipeStateOf(s), rules: null });
        marks(s, old);
      },
    ],
    [
      "one image of a run is promoted",
      (s) => {
        const [, young] = twoPromoted(s, FIRST);
        expect(young.status).toBe("active");
      },
    ],
    [
      "the pointer names exactly one",
      (s) => {
        const [old] = twoPromoted(s);
        const recipeState = recipeStateOf(s);
        const images = recipeState.images.map((i) => ({ ...i, state: "current" as const }));
        s.recipeState({ ...recipeState, current: old.id, images });
      },
      ["the pointer names the current one", "only a person goes back"],
    ],
    [
      "the pointer never goes back to none",
      (s) => {
        twoPromoted(s);
        const recipeState = recipeStateOf(s);
        const images = recipeState.images.map((i) => ({ ...i, state: "retired" as const }));
        s.recipeState({ ...recipeState, current: null, images });
      },
      ["only a person goes back"],
    ],
    [
      "the current image exists",
      (s) => {
        const { id } = s.made();
        inventory(s, id, "candidate");
        inventory(s, id, "current");
        s.delete("images", id);
      },
      ["only images marked for deletion are deleted"],
    ],
  ];

describe("what is deleted, shown or kept, and must not be", () => {
  it.each(HISTORIES)("breaks the rule: %s", (rule, tell, also) => {
    const history = new History();
    tell(history);
    expect(new Set(history.broken)).toEqual(new Set([rule, ...(also ?? [])]));
  });
});

describe("a history in the cloud that may be", () => {
  it("is a create that was announced, once, in time, by the holder of the lock", () => {
    const history = new History();
    inventory(history, history.made().id, "candidate");
    expect(history.broken).toEqual([]);
  });

  it("is the death of a current image by somebody else's hand", () => {
    const history = new History();
    const [, young] = twoPromoted(history);
    history.ask("PUT", `/image/az1/v2/images/${young.id}${TAG}`);
    history.cloud.operator.deleteImage(young.id);
    history.checker.operatorActed("deletes image", young.id);
    history.wait(MINUTE);
    expect(history.broken).toEqual([]);
  });
});

describe("an image that dies by somebody else's hand right before it becomes current", () => {
  const broken = (lateMs: number): string[] => {
    const history = new History();
    const { id } = history.made();
    inventory(history, id, "candidate");
    history.cloud.operator.deleteImage(id);
    history.checker.operatorActed("deletes image", id);
    if (lateMs > 0) history.wait(lateMs);
    inventory(history, id, "current");
    return history.broken;
  };

  it("was there when it was looked at", () => {
    expect(broken(0)).toEqual([]);
  });

  it("was not, a while later", () => {
    expect(broken(HOUR)).toEqual(["what becomes current is usable"]);
  });
});

describe("what is left at the end, and must not be", () => {
  const rulesAtTheEnd = (tell: (history: History) => void): string[] => {
    const history = new History({ strict: false });
    tell(history);
    history.checker.end();
    return history.broken;
  };

  it("breaks a rule when it is an image that nobody keeps", () => {
    const broken = rulesAtTheEnd((s) => {
      s.made();
    });
    expect(broken).toContain("no image is left that is not kept");
  });

  it("breaks a rule when it is a snapshot that nobody names", () => {
    const broken = rulesAtTheEnd((s) => {
      snapshot(s, "deleting");
    });
    expect(broken).toContain("no snapshot is left that is not kept");
  });

  it("breaks a rule when the clouds do not show what the pointer names", () => {
    const broken = rulesAtTheEnd((s) => {
      twoPromoted(s);
    });
    expect(broken).toEqual(["the cloud shows what the pointer names", "retired images are hidden"]);
  });
});
