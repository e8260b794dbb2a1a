import { describe, expect, it } from "vitest";
import { candidateOf } from "../../../shared/steps/candidate.ts";
import { decide } from "../../../shared/steps/check-status.ts";
import type { Image, Snapshot } from "../../../shared/cloud-ports.ts";
import type { Candidate } from "../../../shared/run/record.ts";
import type { Recipe } from "../../../shared/recipe/recipe.ts";
import {
  candidate,
  recipeState,
  image,
  MINUTE,
  NOW,
  resource,
  recipe,
  run,
  SECOND,
  snapshot,
} from "../builders.ts";

type Seen = Parameters<typeof decide>[1];

const cause = { message: "Failed to upload volume to image at backend.", requestId: "req-9" };

/** A check, a minute after the image was asked for. */
function observe(
  is: Partial<Image> | null,
  knows: Partial<Candidate> = {},
  seen: Partial<Seen> = {},
) {
  const of = run({ candidate: candidate({ askedAtMs: NOW - MINUTE, ...knows }) });
  const image_ = is === null ? null : image(is);
  return decide(
    of,
    {
      image: image_,
      recipeState: recipeState(),
      snapshots: new Map(),
      backup: null,
      diskImages: new Map(),
      inherited: {},
      cause: null,
      mayCheckContent: false,
      ...seen,
    },
    NOW,
  );
}

describe("an image on its way", () => {
  it.each(["queued", "saving", "uploading", "importing", "never-heard-of"])(
    "is waited for, by name: %s",
    (status) => {
      expect(observe({ status })).toMatchObject({ kind: "wait", text: status });
    },
  );

  it.each([
    ["queued", false],
    ["saving", true],
    ["importing", true],
  ])("%s: having been under way is remembered (%s)", (status, wasSaving) => {
    expect(observe({ status })).toMatchObject({ set: { candidate: { wasSaving } } });
    expect(observe({ status: "saving" }, { wasSaving: true })).toMatchObject({
      set: { candidate: { wasSaving: true } },
    });
  });

  it("is looked at when the earlier ones say that it may be done", () => {
    const usual = recipeState({ uploadSeconds: [600, 600, 600] });
    expect(observe({ status: "saving" }, {}, { recipeState: usual })).toMatchObject({
      seconds: 541,
    });
  });

  it("that was missing once and is back is not missing any more", () => {
    expect(observe({ status: "saving" }, { missingSinceMs: NOW - 5 })).toMatchObject({
      set: { candidate: { missingSinceMs: null } },
    });
  });
});

describe("an image that is not found", () => {
  it("is looked for again half a minute later: one Glance of several may lag", () => {
    expect(observe(null)).toMatchObject({
      kind: "wait",
      seconds: 30,
      set: { candidate: { missingSinceMs: NOW } },
    });
  });

  it("is waited for while it is new, and then looked for twice", () => {
    expect(observe(null, { askedAtMs: NOW - 29 * SECOND })).toMatchObject({
      kind: "wait",
      seconds: 30,
      set: { candidate: { missingSinceMs: null } },
    });
  });

  it("is given up at the second 404, thirty seconds after the first", () => {
    expect(observe(null, { missingSinceMs: NOW - 29 * SECOND })).toMatchObject({
      kind: "wait",
      set: { candidate: { missingSinceMs: NOW - 29 * SECOND } },
    });
    expect(observe(null, { missingSinceMs: NOW - 30 * SECOND })).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: "The cloud deleted the image before it was complete. The cloud gives no reason",
    });
  });

  it("is given up at the second 404 when the cloud itself tells why, never at the first", () => {
    expect(observe(null, {}, { cause })).toMatchObject({ kind: "wait", seconds: 2 });
    expect(observe(null, { missingSinceMs: NOW - 2 * SECOND }, { cause })).toEqual({
      kind: "fail",
      code: "image-vanished",
      message:
        'The cloud deleted the image before it was complete. Its reason: "Failed to upload volume to image at backend."',
      remedy: expect.stringContaining("(req-9)"),
    });
  });
});

describe.each(["deleted", "pending_delete"])("an image whose status is %s", (status) => {
  it("is looked at again half a minute later: the reason may not be written down yet", () => {
    expect(observe({ status })).toMatchObject({
      kind: "wait",
      seconds: 30,
      text: status,
      set: { candidate: { missingSinceMs: NOW } },
    });
  });

  it("fails with the reason that has been written down meanwhile", () => {
    expect(observe({ status }, {}, { cause })).toMatchObject({ kind: "wait", seconds: 2 });
    const since = { missingSinceMs: NOW - 2 * SECOND };
    for (const now of [{ status }, null]) {
      expect(observe(now, since, { cause })).toMatchObject({
        kind: "fail",
        code: "image-vanished",
        message: expect.stringContaining('Its reason: "Failed to upload volume'),
      });
    }
  });

  it("fails after half a minute without a reason", () => {
    expect(observe({ status }, { missingSinceMs: NOW - 29 * SECOND })).toMatchObject({
      kind: "wait",
    });
    expect(observe({ status }, { missingSinceMs: NOW - 30 * SECOND })).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: "The cloud deleted the image before it was complete. The cloud gives no reason",
    });
  });
});

describe("an upload that broke", () => {
  it("sends the image back to queued: failed when seen so twice", () => {
    const back = { status: "queued" };
    expect(observe(back, { wasSaving: true })).toMatchObject({
      kind: "wait",
      set: { candidate: { missingSinceMs: NOW } },
    });
    expect(observe(back, { wasSaving: true, missingSinceMs: NOW - 5 * SECOND })).toMatchObject({
      kind: "fail",
      code: "image-vanished",
      message: expect.stringContaining("went back to queued"),
    });
  });

  it.each(["killed", "deactivated"])("fails at once when %s", (status) => {
    expect(observe({ status }, {}, { cause })).toMatchObject({
      kind: "fail",
      code: "image-vanished",
    });
  });
});

describe("an upload whose content was probably refused", () => {
  const raw = recipe({ capture: "volume", image: { ...recipe().image, diskFormat: "raw" } });
  const refused = (
    is: { recipe?: Recipe; missingSinceMs?: number } = {},
    seen: Partial<Seen> = {},
  ) =>
    decide(
      run({
        recipe: is.recipe ?? raw,
        candidate: candidate({
          askedAtMs: NOW - 10 * MINUTE,
          wasSaving: true,
          missingSinceMs: is.missingSinceMs ?? NOW - 30 * SECOND,
        }),
      }),
      {
        image: null,
        recipeState: recipeState(),
        snapshots: new Map(),
        backup: null,
        diskImages: new Map(),
        inherited: {},
        cause,
        mayCheckContent: true,
        ...seen,
      },
      NOW,
    );

  it("says so, and what to write into the recipe", () => {
    expect(refused()).toEqual({
      kind: "fail",
      code: "content-refused",
      message: expect.stringMatching(/^The cloud deleted .* Probably the image service refused/u),
      remedy: expect.stringMatching(/image\.disk_format: qcow2 .*\(req-9\)/u),
    });
  });

  it.each<[string, ReturnType<typeof refused>]>([
    ["sent the image back to queued", refused({}, { image: image({ status: "queued" }) })],
    ["killed the image", refused({}, { image: image({ status: "killed" }) })],
    [
      "took as long as earlier ones",
      refused({}, { recipeState: recipeState({ uploadSeconds: [700, 900] }) }),
    ],
    ["came of a snapshot", refused({ recipe: { ...raw, capture: "snapshot" } })],
  ])("also when it %s", (_name, decision) => {
    expect(decision).toMatchObject({ kind: "fail", code: "content-refused" });
  });

  it.each<[string, ReturnType<typeof refused>]>([
    ["the image service compares no content", refused({}, { mayCheckContent: false })],
    ["Cinder reports no failure: somebody deleted the image", refused({}, { cause: null })],
    ["it ended early", refused({}, { recipeState: recipeState({ uploadSeconds: [3600, 4000] }) })],
    ["it was uploaded as qcow2", refused({ recipe: withFormat("qcow2") })],
    ["Nova uploads the disk", refused({ recipe: recipe({ capture: "server" }) })],
  ])("fails as image-vanished when %s", (_name, decision) => {
    expect(decision).toMatchObject({ kind: "fail", code: "image-vanished" });
  });

  function withFormat(diskFormat: "qcow2"): Recipe {
    return { ...raw, image: { ...raw.image, diskFormat } };
  }
});

describe("an active image", () => {
  it("with content is done", () => {
    expect(observe({ sizeBytes: 7 })).toMatchObject({
      kind: "advance",
      to: "restore-source",
      set: { candidate: { activeAtMs: NOW, sizeBytes: 7 } },
    });
  });

  const GLANCE_IS_AHEAD = 7 * MINUTE;
  const created = NOW - MINUTE + GLANCE_IS_AHEAD;
  it.each([
    ["became active before it was seen", { updatedAtMs: created + 48 * SECOND }, NOW - 12 * SECOND],
    ["was changed by somebody since", { updatedAtMs: created + 2 * MINUTE }, NOW],
    ["was updated before it was made", { updatedAtMs: created - SECOND }, NOW],
    ["does not tell its times", { createdAtMs: 0, updatedAtMs: 0 }, NOW],
  ])("that %s is measured by the image service's own clock", (_name, times, activeAtMs) => {
    expect(observe({ sizeBytes: 7, createdAtMs: created, ...times })).toMatchObject({
      kind: "advance",
      set: { candidate: { activeAtMs } },
    });
  });

  it.each([0, null])("of size %s that names no snapshot holds nothing", (sizeBytes) => {
    expect(observe({ sizeBytes })).toMatchObject({ kind: "fail", code: "image-empty" });
  });

  describe("whose content is in snapshots", () => {
    const mine = run().id;
    const known = recipeState({
      resources: ["s1", "s2"].map((id) =>
        resource({ id, run: mine, state: "kept", imageId: "image-new" }),
      ),
    });
    const withSnapshots = (s1: Snapshot | null, s2: Snapshot | null, of = known) => {
      const snapshots = new Map([
        ["s1", s1],
        ["s2", s2],
      ]);
      const times = { createdAtMs: NOW - MINUTE, updatedAtMs: NOW - MINUTE };
      const volumeBacked = { sizeBytes: 0, snapshotIds: ["s1", "s2"], ...times };
      return observe(volumeBacked, {}, { recipeState: of, snapshots });
    };

    it("has them written into the inventory first: nothing else points at them", () => {
      expect(withSnapshots(snapshot(), null, recipeState())).toEqual({
        kind: "act",
        act: { kind: "register-snapshots", snapshotIds: ["s1", "s2"] },
        text: "its snapshots written into the inventory",
      });
    });

    it("is done once every one is available, whenever the empty image became active", () => {
      expect(withSnapshots(snapshot(), snapshot())).toMatchObject({
        kind: "advance",
        set: { candidate: { activeAtMs: NOW } },
      });
    });

    it("is waited for until then, though it is active", () => {
      expect(withSnapshots(snapshot(), snapshot({ status: "creating" }))).toMatchObject({
        kind: "wait",
        seconds: 30,
        text: "snapshot creating",
      });
    });

    it.each(["error", "error_deleting", "deleting"])("is lost with one that is %s", (status) => {
      expect(withSnapshots(snapshot(), snapshot({ status }))).toMatchObject({
        kind: "fail",
        code: "snapshot-failed",
        message: `Snapshot s2, which holds the image's content, is ${status}`,
      });
    });

    it("is lost with one that was deleted", () => {
      expect(withSnapshots(null, snapshot())).toMatchObject({
        kind: "fail",
        code: "snapshot-failed",
        message: "Snapshot s1, which holds the image's content, was deleted",
      });
    });
  });
});

it("a run in this step without an image is a bug, not transient failures", () => {
  expect(() => candidateOf(run({ step: "check-status" }))).toThrow(
    "in check-status without an image",
  );
});
