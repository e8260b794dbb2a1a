import { describe, expect, it } from "vitest";
import type { Image } from "../../../shared/cloud-ports.ts";
import { noContent, type planCopies } from "../../../shared/image/distribution.ts";
import type { ImageCopy, Run } from "../../../shared/run/record.ts";
import { decide } from "../../../shared/steps/distribute.ts";
import { candidate, image, MINUTE, NOW, recipe, run, SECOND } from "../builders.ts";

type Plan = Awaited<ReturnType<typeof planCopies>>;

const zone = (name: string) => ({
  name,
  region: name,
  endpoint: null,
  cloud: null,
  distribute: true,
  streamed: false,
  store: null,
});
const ANNOUNCED: ImageCopy = {
  zone: "az2",
  registeredAtMs: null,
  way: "fetch",
  fetches: 0,
  sentBytes: null,
  brokenSinceMs: null,
  missingSinceMs: null,
};
const REGISTERED = { ...ANNOUNCED, registeredAtMs: NOW - MINUTE };
const FETCHING = { ...REGISTERED, fetches: 1 };
const PLAN: Plan = { ways: new Map([["az2", "fetch"]]) };

function of(...copies: ImageCopy[]): Run {
  const to = recipe({ zones: [zone("az2"), zone("az3")] });
  return run({ candidate: candidate(), step: "distribute", recipe: to, copies });
}

function observe(
  is: Run,
  copy: Image | null,
  {
    made = image(),
    reason = null,
    sendingBytes = null,
    store = null,
    plan = PLAN,
  }: {
    made?: Image | null;
    reason?: string | null;
    sendingBytes?: number | null;
    store?: string | null;
    plan?: Plan;
  } = {},
) {
  const copies = [{ zone: "az2", image: copy, reason, sendingBytes, store }];
  return decide(is, { image: made, copies, regionCopies: [], plan }, NOW);
}

describe("a copy", () => {
  it("is announced before it is asked for", () => {
    expect(observe(of(), null)).toEqual({
      kind: "note",
      text: "is to be copied to az2",
      set: { copies: [ANNOUNCED] },
    });
  });

  it("is not announced where it cannot be made", () => {
    const problem = { code: "distribution-not-possible", message: "no", remedy: "take it out" };
    expect(observe(of(), null, { plan: { problem } })).toEqual({ kind: "fail", ...problem });
  });

  it("has the image's id, and what the image is going to show, without reasons of the zone it was made in", () => {
    const properties = {
      os_distro: "debian",
      regild_owner: "of the base image",
      regild_replaces: "base",
      sync_status_reason: "az3: no space",
    };
    const decision = observe(of(ANNOUNCED), null, { made: image({ properties, minDiskGib: 4 }) });
    expect(decision).toMatchObject({
      kind: "act",
      act: {
        kind: "register",
        zone: "az2",
        record: {
          id: "image-new",
          diskFormat: "qcow2",
          containerFormat: "bare",
          minDiskGib: 4,
          visibility: "private",
        },
      },
      set: { copies: [{ ...ANNOUNCED, registeredAtMs: NOW }] },
    });
    const record = decision.kind === "act" && "record" in decision.act ? decision.act.record : null;
    expect(record?.properties).toMatchObject({ os_distro: "debian", regild_recipe: "web" });
    expect(record?.properties["regild_owner"]).toMatch(/\/image-new$/);
    expect(record?.properties).not.toHaveProperty("sync_status_reason");
    expect(record?.properties).not.toHaveProperty("regild_replaces");
  });

  it("that is registered is fetched, once for each message that finds it so", () => {
    const queued = image({ status: "queued", sizeBytes: null });
    expect(observe(of(REGISTERED), queued)).toMatchObject({
      kind: "act",
      act: { kind: "fetch", zone: "az2" },
      set: { copies: [FETCHING] },
      thenWaitSeconds: 2,
    });
  });

  it.each([
    ["queued, and the import has begun", { status: "queued", isImporting: true }],
    ["importing", { status: "importing" }],
    ["uploading", { status: "uploading" }],
    ["a status that nobody knows", { status: "defrosting" }],
  ])("is waited for while it is %s", (_what, is) => {
    expect(observe(of(FETCHING), image({ ...is, sizeBytes: null }))).toMatchObject({
      kind: "wait",
      text: `az2: ${is.status}`,
      set: { copies: [FETCHING] },
    });
  });

  it("that the cloud itself has registered is left to the cloud", () => {
    expect(observe(of(), image({ status: "queued" }))).toMatchObject({ kind: "wait" });
  });

  it("whose fetch failed is fetched again half a minute later, and three times at most", () => {
    const queued = image({ status: "queued", sizeBytes: null });
    const reason = "HTTP Error 404: Not Found";
    const broken = { ...FETCHING, brokenSinceMs: NOW };
    expect(observe(of(FETCHING), queued, { reason })).toMatchObject({
      kind: "wait",
      seconds: 30,
      text: `az2: the fetch failed: ${reason}`,
      set: { copies: [broken] },
    });
    const since = { ...FETCHING, brokenSinceMs: NOW - 30 * SECOND };
    expect(observe(of(since), queued)).toMatchObject({
      kind: "act",
      act: { kind: "fetch" },
      set: { copies: [{ ...FETCHING, fetches: 2, brokenSinceMs: null }] },
    });
    expect(observe(of({ ...since, fetches: 3 }), queued, { reason })).toMatchObject({
      kind: "fail",
      code: "copy-failed",
      message: `The image service of zone az2 failed 3 times to fetch it: ${reason}`,
    });
  });

  it("that is 404 twice was deleted by somebody: its id is used up, so the run fails", () => {
    expect(observe(of(FETCHING), null)).toMatchObject({
      kind: "wait",
      text: "az2: not found",
      set: { copies: [{ ...FETCHING, missingSinceMs: NOW }] },
    });
    const missing = { ...FETCHING, missingSinceMs: NOW - 30 * SECOND };
    expect(observe(of(missing), null)).toMatchObject({ kind: "fail", code: "copy-failed" });
  });

  it.each(["killed", "deactivated"])("that is %s fails the run", (status) => {
    expect(observe(of(FETCHING), image({ status }))).toMatchObject({
      kind: "fail",
      code: "copy-failed",
      message: `The copy in az2 is ${status}`,
    });
  });
});

describe("content that Regild sends", () => {
  const STREAMED: ImageCopy = { ...REGISTERED, way: "stream" };
  const SENDING = { ...STREAMED, fetches: 1 };
  const queued = image({ status: "queued", sizeBytes: null });
  const saving = image({ status: "saving", sizeBytes: null });

  it("is announced as such", () => {
    const plan: Plan = { ways: new Map([["az2", "stream"]]) };
    expect(observe(of(), null, { plan })).toMatchObject({
      kind: "note",
      set: { copies: [{ ...ANNOUNCED, way: "stream" }] },
    });
  });

  it("begins once the copy is registered, and is as long as the image", () => {
    const made = image({ sizeBytes: 5_000 });
    expect(observe(of(STREAMED), queued, { made })).toMatchObject({
      kind: "act",
      act: { kind: "stream", zone: "az2", sizeBytes: 5_000 },
      set: { copies: [SENDING] },
      thenWaitSeconds: 2,
    });
  });

  it.each([
    ["has not arrived yet", queued],
    ["arrives", saving],
  ])("is looked at within half a minute while it %s", (_what, copy) => {
    const begun = { ...SENDING, registeredAtMs: NOW - 60 * MINUTE };
    expect(observe(of(begun), copy, { sendingBytes: 77 })).toEqual({
      kind: "wait",
      seconds: 30,
      text: "az2: Regild sends the image",
      set: {
        candidate: candidate(),
        copies: [{ ...begun, sentBytes: 77 }],
      },
    });
  });

  it("that another process sends, or that Glance has not missed yet, is waited for", () => {
    const before = { ...SENDING, sentBytes: 77 };
    expect(observe(of(before), saving)).toMatchObject({
      kind: "wait",
      text: "az2: saving",
      set: { copies: [{ ...SENDING, sentBytes: null }] },
    });
  });

  it("that did not arrive is sent again half a minute later, and three times at most", () => {
    const reason = "connection reset";
    expect(observe(of(SENDING), queued, { reason })).toMatchObject({
      kind: "wait",
      seconds: 30,
      text: "az2: the image did not arrive: connection reset",
      set: { copies: [{ ...SENDING, brokenSinceMs: NOW }] },
    });
    const since = { ...SENDING, brokenSinceMs: NOW - 30 * SECOND };
    expect(observe(of(since), queued)).toMatchObject({
      act: { kind: "stream" },
      set: { copies: [{ ...SENDING, fetches: 2 }] },
    });
    expect(observe(of({ ...since, fetches: 3 }), queued, { reason })).toMatchObject({
      kind: "fail",
      code: "copy-failed",
      message: "Regild sent the image to zone az2 3 times in vain: connection reset",
    });
  });

  it("whose length nobody knows is not sent", () => {
    const made = image({ sizeBytes: null });
    expect(observe(of(STREAMED), queued, { made })).toMatchObject({
      kind: "fail",
      message: "The image service that made the image does not say how large it is",
    });
  });
});

describe("a further store of the image service", () => {
  const COPYING: ImageCopy = { ...ANNOUNCED, way: "store", fetches: 1 };
  const stored = (...stores: string[]) => image({ stores: ["file", ...stores] });
  const seen = (is: Run, made: Image, reason: string | null = null) =>
    observe(is, made, { made, reason, store: "ceph" });

  it("is announced, then asked for", () => {
    const plan: Plan = { ways: new Map([["az2", "store"]]) };
    expect(observe(of(), stored(), { made: stored(), store: "ceph", plan })).toMatchObject({
      kind: "note",
      set: { copies: [{ ...ANNOUNCED, way: "store" }] },
    });
    expect(seen(of({ ...COPYING, fetches: 0 }), stored())).toMatchObject({
      kind: "act",
      act: { kind: "store", zone: "az2", store: "ceph" },
      text: "is copied to az2",
      set: { copies: [COPYING] },
    });
  });

  it("is waited for while an import goes on, also one for another store", () => {
    const importing = image({ stores: ["file"], isImporting: true });
    for (const fetches of [0, 1]) {
      expect(seen(of({ ...COPYING, fetches }), importing)).toMatchObject({
        kind: "wait",
        text: "az2: importing",
      });
    }
  });

  it("that has the image is done, whoever brought it there", () => {
    expect(seen(of(), stored("ceph"))).toMatchObject({ kind: "advance", text: "copied to az2" });
  });

  it("that could not take it is tried again half a minute later, and three times at most", () => {
    const reason = "Task failed due to Internal Error";
    expect(seen(of(COPYING), stored(), reason)).toMatchObject({
      kind: "wait",
      seconds: 30,
      text: `az2: the copy failed: ${reason}`,
    });
    const since = { ...COPYING, brokenSinceMs: NOW - 30 * SECOND };
    expect(seen(of(since), stored())).toMatchObject({ act: { kind: "store" } });
    expect(seen(of({ ...since, fetches: 3 }), stored(), reason)).toMatchObject({
      kind: "fail",
      code: "copy-failed",
      message: `The image service failed 3 times to copy it to zone az2: ${reason}`,
    });
  });

  it("that the image cannot be in fails the run before it is announced", () => {
    const problem = { code: "distribution-not-possible", message: "no", remedy: "take it out" };
    const decision = observe(of(), stored(), {
      made: stored(),
      store: "ceph",
      plan: { problem },
    });
    expect(decision).toEqual({ kind: "fail", ...problem });
  });
});

describe("several zones", () => {
  const both = (first: Image | null, second: Image | null) => ({
    image: image(),
    copies: [
      { zone: "az2", image: first, reason: null, sendingBytes: null, store: null },
      { zone: "az3", image: second, reason: null, sendingBytes: null, store: null },
    ],
    regionCopies: [],
    plan: PLAN,
  });
  const second = { ...FETCHING, zone: "az3" };
  const importing = image({ status: "importing" });

  it("do not wait for each other", () => {
    expect(decide(of(FETCHING), both(importing, null), NOW)).toMatchObject({
      kind: "note",
      text: "is to be copied to az3",
    });
  });

  it("are all waited for, then the image is validated in each", () => {
    const is = of(FETCHING, second);
    const text = "az2: importing; az3: importing";
    expect(decide(is, both(importing, importing), NOW)).toMatchObject({ kind: "wait", text });
    expect(decide(is, both(image(), image()), NOW)).toMatchObject({
      kind: "advance",
      to: "validate-sync",
      text: "copied to az2, az3",
    });
  });
});

describe("the image", () => {
  it.each([
    ["names snapshots", image({ sizeBytes: 0, snapshotIds: ["snapshot-1"] })],
    ["is empty", image({ sizeBytes: 0 })],
  ])("that %s has nothing to copy", (_what, made) => {
    expect(observe(of(), null, { made })).toEqual({
      kind: "fail",
      ...noContent(of().recipe, "Image image-new"),
    });
  });

  it("that is gone, or active no longer, fails the run", () => {
    const gone = run({ ...of(), candidate: candidate({ missingSinceMs: NOW - 30 * SECOND }) });
    expect(observe(gone, null, { made: null })).toMatchObject({ code: "image-vanished" });
    const made = image({ status: "deactivated" });
    expect(observe(of(), null, { made })).toMatchObject({ code: "image-vanished" });
  });
});
