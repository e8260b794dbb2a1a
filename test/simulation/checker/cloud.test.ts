import { describe, expect, it } from "vitest";
import type { Image } from "../../../local/simulated-cloud/resources.ts";
import type { ImageState } from "../../../shared/image/head.ts";
import { HOUR, intent, ledgerImage, MINUTE, part, run } from "../../unit/builders.ts";
import { Story, told } from "./story.ts";

const TAG = "/tags/regild-current-web";
const FIRST = "web-20261121-093012-aaaaaa";
const SECOND = "web-20261122-093012-aaaaaa";
const RULES = { keep: 1, coolingOffMs: HOUR, maxDeletes: 5 };

/** Each rule, and the shortest story in the cloud that breaks it, and what else it cannot but break. */
const STORIES: Array<[rule: string, tell: (story: Story) => void, also?: string]> = [
  [
    "nothing is created that was not announced",
    (s) => s.createImage(),
    "within bounds, what is sent belongs to an open intent",
  ],
  [
    "a create is sent once per intent",
    (s) => {
      s.announcing();
      s.createImage();
      s.createImage(); // 409, this time
    },
  ],
  [
    "an image is taken of the run's own source",
    (s) => {
      const other = s.cloud.operator.addServer({ name: "other", volumes: [] });
      s.announcing();
      const body = { createImage: { name: "web-try001", metadata: {} } };
      s.ask("POST", `/compute/v2.1/servers/${other.id}/action`, body);
    },
  ],
  [
    "within bounds, a create is called within its window",
    (s) => {
      s.announcing();
      s.wait(MINUTE);
      const url = `http://cloud.example/compute/v2.1/servers/${s.web.id}/action`;
      const body = JSON.stringify({ createImage: { name: "web-try001" } });
      s.checker.called({ method: "POST", url, body, headers: {}, timeoutMs: 60_000 });
    },
  ],
  [
    "within bounds, what is sent takes effect before its intent is settled",
    (s) => {
      s.announcing();
      s.wait(2 * MINUTE);
      s.createImage();
    },
  ],
  [
    "within bounds, what is sent belongs to an open intent",
    (s) => {
      const { intent: open, ...rest } = s.announcing();
      s.run({ ...rest, intent: null, lostTries: open === null ? [] : [open] });
      s.createImage();
    },
  ],
  [
    "within bounds, only the holder of a source's lock touches it",
    (s) => {
      s.announcing();
      s.source({ owner: null });
      s.createImage();
    },
  ],
  [
    "within bounds, only the active run of a recipe creates",
    (s) => {
      s.announcing();
      s.head({ activeRun: null });
      s.createImage();
    },
  ],
  [
    "within bounds, nothing is made twice",
    (s) => {
      const made = s.made();
      const entry = ledgerImage({ id: made.id, run: run().id });
      s.head({ activeRun: run().id, images: [entry] });
      const timeline = [told("intent", "web-try001"), told("intent", "web-try002")];
      s.run({ locked: true, intent: intent({ id: "2", name: "web-try002" }), timeline });
      s.createImage("web-try002");
    },
  ],
  ["no server is started that was not stopped for an image", (s) => s.act({ "os-start": null })],
  [
    "no server is stopped before the wish to have it run again is stored",
    (s) => {
      s.announcing();
      stopping(s);
      s.act({ "os-stop": null });
    },
  ],
  [
    "a server that we stopped is owed its power until it runs",
    (s) => {
      stopped(s);
      s.source({ owner: run().id });
    },
  ],
  [
    "servers run as they were found",
    (s) => {
      s.web.vmState = "stopped";
      s.checker.end();
    },
  ],
  [
    "what is owed to a server that runs is struck out",
    (s) => {
      s.source({ wishedPower: "ACTIVE" });
      s.checker.end();
    },
  ],
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
];

function stopping(s: Story): void {
  const stop = intent({ kind: "stop-server", id: "stop01", name: "stop01", atMs: s.nowMs });
  const timeline = [told("intent", "web-try001"), told("intent", "stops web")];
  s.run({ locked: true, intent: stop, timeline });
}

function stopped(s: Story): void {
  s.announcing();
  s.source({ owner: run().id, wishedPower: "ACTIVE" });
  stopping(s);
  s.act({ "os-stop": null });
  s.wait(MINUTE);
}

function ledger(s: Story, id: string, state: ImageState): void {
  const current = state === "current" ? id : null;
  const images = [ledgerImage({ id, state, run: run().id, retiredAtMs: null })];
  s.head({ activeRun: run().id, current, images });
}

/** Of the only run there is, as a temporary one. @returns its id. */
function snapshot(s: Story, state: "kept" | "doomed"): string {
  const volume = s.cloud.operator.addVolume({ name: "data" });
  const open = intent({ kind: "create-snapshot", id: "snap01", name: "regild-web-snap01" });
  const { timeline } = s.announcing();
  const source = { ...run().source, id: volume.id, volumeId: volume.id, lockIds: [s.web.id] };
  const known = { source: { ...builtSource(), ...source }, locked: true };
  s.run({ ...known, intent: open, timeline: [...timeline, told("intent", "snapshot")] });
  const body = { snapshot: { volume_id: volume.id, name: open.name, metadata: {}, force: true } };
  s.ask("POST", `/volume/v3/${s.cloud.demo.project.id}/snapshots`, body);
  s.wait(MINUTE);
  const made = s.cloud.operator.snapshotsNamed(open.name)[0];
  if (made === undefined) throw new Error("no snapshot was made");
  s.head({ activeRun: run().id, parts: [part({ id: made.id, state, run: run().id })] });
  return made.id;
}

function builtSource() {
  const { source } = run();
  if (source === null) throw new Error("the builder's run has a source");
  return source;
}

/** Two complete images of earlier runs: one retired just now, one current. */
function twoPromoted(s: Story): [Image, Image] {
  const old = s.cloud.operator.addImage({ name: "old" });
  const young = s.cloud.operator.addImage({ name: "young" });
  s.checker.effect();
  s.head({ rules: RULES, images: [ledgerImage({ id: old.id, run: FIRST })] });
  const first = ledgerImage({ id: old.id, run: FIRST, state: "current" });
  s.head({
    rules: RULES,
    current: old.id,
    images: [first, ledgerImage({ id: young.id, run: SECOND })],
  });
  const second = ledgerImage({ id: young.id, run: SECOND, state: "current" });
  s.head({ rules: RULES, current: young.id, images: [{ ...first, state: "retired" }, second] });
  return [old, young];
}

function dooms(s: Story, { id }: Image): void {
  const head = s.checker.records.head("web");
  if (head === null) throw new Error("there is no head");
  const images = head.images.map((i) => (i.id === id ? { ...i, state: "doomed" as const } : i));
  s.head({ ...head, images });
}

function gaveUp(s: Story, id: string): void {
  const failure = {
    code: "image-vanished",
    message: "m",
    remedy: "r",
    step: "check-status" as const,
    atMs: s.nowMs,
    evidence: [],
  };
  const candidate = {
    id,
    tryId: "web-try001",
    creationName: "web-try001",
    askedAtMs: s.nowMs,
    activeAtMs: null,
    sizeBytes: null,
    missingSinceMs: null,
    wasSaving: true,
  };
  const timeline = [told("intent", "web-try001")];
  s.run({ locked: true, candidate, failure, timeline, step: "abandon" });
}

describe("a story in the cloud that must not be", () => {
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
