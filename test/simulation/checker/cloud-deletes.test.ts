import { describe, expect, it } from "vitest";
import { HOUR, intent, ledgerImage, MINUTE, part, run } from "../../unit/builders.ts";
import { Story, told } from "./story.ts";
import {
  dooms,
  FIRST,
  gaveUp,
  headOf,
  ledger,
  snapshot,
  STORY,
  TAG,
  twoPromoted,
} from "./tales.ts";

/** Each rule, and the shortest story that breaks it, and what else it cannot but break. */
const STORIES: Array<[rule: string, tell: (story: Story) => void, also?: string]> = [
  [
    "only what this program has made is deleted",
    (s) => {
      const { id } = s.cloud.operator.addImage({ name: "theirs" });
      ledger(s, id, "doomed");
      s.delete("images", id);
    },
  ],
  [
    "only doomed images are deleted",
    (s) => {
      const { id } = s.made();
      ledger(s, id, "candidate");
      s.delete("images", id);
    },
  ],
  [
    "no protected image is deleted",
    (s) => {
      const image = s.made();
      image.protected = true;
      ledger(s, image.id, "doomed");
      s.ask("GET", `/image/az1/v2/images/${image.id}`);
      s.delete("images", image.id);
    },
  ],
  ["only doomed parts are deleted", (s) => s.delete("snapshots", snapshot(s, "kept"))],
  [
    "no snapshot is deleted that an image names",
    (s) => {
      const id = snapshot(s, "doomed");
      const properties = { block_device_mapping: JSON.stringify([{ snapshot_id: id }]) };
      s.cloud.operator.addImage({ name: "theirs", hidden: true, properties });
      s.wait(MINUTE);
      s.delete("snapshots", id);
    },
  ],
  [
    "no snapshot is deleted that a volume hangs on",
    (s) => {
      const id = snapshot(s, "doomed");
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
      ledger(s, image.id, "candidate");
      ledger(s, image.id, "current");
    },
  ],
  [
    "only the active run of a recipe promotes",
    (s) => {
      const { id } = s.made();
      ledger(s, id, "candidate");
      const images = [ledgerImage({ id, state: "current", run: run().id })];
      s.head({ current: id, images });
    },
  ],
  [
    "nothing is retired before its successor is current",
    (s) => {
      const { id } = s.made();
      ledger(s, id, "candidate");
      ledger(s, id, "current");
      const images = [ledgerImage({ id, state: "retired", run: run().id })];
      s.head({ activeRun: run().id, current: id, images });
    },
    "the pointer names the current one",
  ],
  [
    "nothing goes before its cooling-off is over",
    (s) => {
      const [old] = twoPromoted(s);
      s.cloud.operator.addImage({ name: "x" });
      dooms(s, old);
    },
  ],
  [
    "no protected image goes",
    (s) => {
      const [old] = twoPromoted(s);
      old.protected = true;
      s.wait(2 * HOUR);
      dooms(s, old);
    },
  ],
  [
    "no image goes that is in use",
    (s) => {
      const [old] = twoPromoted(s);
      s.cloud.operator.addServer({ name: "user", image: old });
      s.wait(2 * HOUR);
      dooms(s, old);
    },
  ],
  [
    "as many active images stay as are to be kept",
    (s) => {
      const [old, young] = twoPromoted(s);
      young.status = "deactivated";
      s.wait(2 * HOUR);
      dooms(s, old);
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
      ledger(s, id, "candidate");
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
      s.head();
      const timeline = [told("intent", "web-try001")];
      s.run({ locked: true, intent: null, outcome: "failed", timeline });
    },
  ],
  [
    "no attached volume is deleted",
    (s) => {
      const id = snapshot(s, "doomed");
      const creationNames = ["web-try001", "regild-web-vol01"];
      s.run({ locked: true, creationNames, timeline: STORY });
      const volume = s.cloud.operator.addVolume({ name: "regild-web-vol01" });
      s.cloud.operator.addServer({ name: "user", volumes: [volume] });
      s.checker.effect();
      const doomed = { state: "doomed", run: run().id } as const;
      const parts = [part({ id, ...doomed }), part({ id: volume.id, kind: "volume", ...doomed })];
      s.head({ activeRun: run().id, parts });
      s.delete("volumes", volume.id);
    },
  ],
  [
    "nothing goes of a recipe that has kept nothing yet",
    (s) => {
      const [old] = twoPromoted(s);
      s.head({ ...headOf(s), rules: null });
      dooms(s, old);
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
      const head = headOf(s);
      const images = head.images.map((i) => ({ ...i, state: "current" as const }));
      s.head({ ...head, current: old.id, images });
    },
    "the pointer names the current one",
  ],
  [
    "the pointer never goes back to none",
    (s) => {
      twoPromoted(s);
      const head = headOf(s);
      const images = head.images.map((i) => ({ ...i, state: "retired" as const }));
      s.head({ ...head, current: null, images });
    },
  ],
  [
    "the current image exists",
    (s) => {
      const { id } = s.made();
      ledger(s, id, "candidate");
      ledger(s, id, "current");
      s.delete("images", id);
    },
    "only doomed images are deleted",
  ],
];

describe("what is deleted, shown or kept, and must not be", () => {
  it.each(STORIES)("breaks the rule: %s", (rule, tell, also) => {
    const story = new Story();
    tell(story);
    expect(new Set(story.broken)).toEqual(new Set([rule, also ?? rule]));
  });
});

describe("a story in the cloud that may be", () => {
  it("is a create that was announced, once, in time, by the holder of the lock", () => {
    const story = new Story();
    ledger(story, story.made().id, "candidate");
    expect(story.broken).toEqual([]);
  });

  it("is the death of a current image by somebody else's hand", () => {
    const story = new Story();
    const [, young] = twoPromoted(story);
    story.ask("PUT", `/image/az1/v2/images/${young.id}${TAG}`);
    story.cloud.operator.deleteImage(young.id);
    story.checker.operatorActed("deletes image", young.id);
    story.wait(MINUTE);
    expect(story.broken).toEqual([]);
  });
});

describe("an image that dies by somebody else's hand right before it becomes current", () => {
  const broken = (lateMs: number): string[] => {
    const story = new Story();
    const { id } = story.made();
    ledger(story, id, "candidate");
    story.cloud.operator.deleteImage(id);
    story.checker.operatorActed("deletes image", id);
    if (lateMs > 0) story.wait(lateMs);
    ledger(story, id, "current");
    return story.broken;
  };

  it("was there when it was looked at", () => {
    expect(broken(0)).toEqual([]);
  });

  it("was not, a while later", () => {
    expect(broken(HOUR)).toEqual(["what becomes current is usable"]);
  });
});

describe("what is left at the end, and must not be", () => {
  const rulesAtTheEnd = (tell: (story: Story) => void): string[] => {
    const story = new Story({ strict: false });
    tell(story);
    story.checker.end();
    return story.broken;
  };

  it("breaks a rule when it is an image that nobody keeps", () => {
    const broken = rulesAtTheEnd((s) => {
      s.made();
    });
    expect(broken).toContain("no image is left that is not kept");
  });

  it("breaks a rule when it is a snapshot that nobody names", () => {
    const broken = rulesAtTheEnd((s) => {
      snapshot(s, "doomed");
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
