import { describe, expect, it } from "vitest";
import type { Image } from "../../../shared/cloud-ports.ts";
import { noContent } from "../../../shared/image/distribution.ts";
import type { ImageCopy, Run } from "../../../shared/run/record.ts";
import { decide } from "../../../shared/steps/distribute.ts";
import { candidate, image, MINUTE, NOW, recipe, run, SECOND } from "../builders.ts";

const zone = (name: string) => ({
  name,
  region: name,
  endpoint: null,
  cloud: null,
  distribute: true,
});
const ANNOUNCED: ImageCopy = {
  zone: "az2",
  registeredAtMs: null,
  fetches: 0,
  brokenSinceMs: null,
  missingSinceMs: null,
};
const REGISTERED = { ...ANNOUNCED, registeredAtMs: NOW - MINUTE };
const FETCHING = { ...REGISTERED, fetches: 1 };

function of(...copies: ImageCopy[]): Run {
  const to = recipe({ zones: [zone("az2"), zone("az3")] });
  return run({ candidate: candidate(), step: "distribute", recipe: to, copies });
}

function observe(
  is: Run,
  copy: Image | null,
  { made = image(), reason = null }: { made?: Image | null; reason?: string | null } = {},
) {
  return decide(
    is,
    { image: made, copies: [{ zone: "az2", image: copy, reason }], problem: null },
    NOW,
  );
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
    const copies = [{ zone: "az2", image: null, reason: null }];
    expect(decide(of(), { image: image(), copies, problem }, NOW)).toEqual({
      kind: "fail",
      ...problem,
    });
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

describe("several zones", () => {
  const both = (first: Image | null, second: Image | null) => ({
    image: image(),
    copies: [
      { zone: "az2", image: first, reason: null },
      { zone: "az3", image: second, reason: null },
    ],
    problem: null,
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
