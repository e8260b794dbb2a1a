import { expect, it } from "vitest";
import { imagesText, rulesHint } from "../../local/cli/text/images.ts";
import { imageSchema, imagesOf, type ImageView, viewImage } from "../../local/view/images.ts";
import { candidate, DAY_MS, recipeState, HOUR_MS, image, NOW_MS, run } from "./records.ts";

process.env["TZ"] = "UTC";

const INVENTORY = recipeState({
  current: "e",
  images: [
    image("gone", { state: "gone" }),
    image("a", {
      candidateAtMs: NOW_MS - 5 * DAY_MS,
      promotedAtMs: NOW_MS - 5 * DAY_MS,
      retiredAtMs: NOW_MS - 4 * DAY_MS,
      state: "deleting",
      reason: "older than the 3 images to keep",
    }),
    image("b", {
      candidateAtMs: NOW_MS - 4 * DAY_MS,
      promotedAtMs: NOW_MS - 4 * DAY_MS,
      retiredAtMs: NOW_MS - DAY_MS - HOUR_MS,
    }),
    image("c", { candidateAtMs: NOW_MS - 2 * DAY_MS, promotedAtMs: NOW_MS - 2 * DAY_MS }),
    image("d", { candidateAtMs: NOW_MS - DAY_MS, promotedAtMs: NOW_MS - DAY_MS }),
    image("e", {
      candidateAtMs: NOW_MS - 2 * HOUR_MS,
      promotedAtMs: NOW_MS - HOUR_MS,
      state: "current",
      sizeBytes: 2_254_857_830,
    }),
    image("f", { candidateAtMs: NOW_MS, promotedAtMs: null, state: "candidate" }),
  ],
  resources: [
    {
      kind: "snapshot",
      id: "s1",
      run: "r",
      imageId: "c",
      where: image("c").where,
      state: "kept",
      sinceMs: NOW_MS,
      askedAtMs: null,
      missingSinceMs: null,
      refusedAtMs: null,
      why: null,
      test: null,
      disk: null,
    },
  ],
});

const views = imagesOf(INVENTORY).map((each) => viewImage(INVENTORY, each, null));

it("shows of every image that exists what becomes of it next, the newest first", () => {
  expect(imagesText("web", views, NOW_MS)).toEqual([
    "ID  NAME   STATE      STORED      CREATED          NEXT",
    "f   web-f  candidate  –           today 09:34 UTC  its run is at work",
    "e   web-e  current    2.1 GiB     today 07:34 UTC  –",
    "d   web-d  retired    –           Sun 09:34 UTC    kept (2 of 3)",
    "c   web-c  retired    1 snapshot  Sat 09:34 UTC    kept (3 of 3)",
    "b   web-b  retired    –           Thu 09:34 UTC    will be deleted after Wed 08:34 UTC (older than the 3 you keep)",
    "a   web-a  deleting   –           Wed 09:34 UTC    being deleted: older than the 3 images to keep",
  ]);
});

it("goes by the rules it is given: those of the recipe as it is now", () => {
  const [, , , , b] = imagesOf(INVENTORY);
  const nextOf = (keep: number, coolingOffMs: number) =>
    b && viewImage(INVENTORY, b, null, { keep, coolingOffMs, maxDeletes: 5 });
  const text = (view: ImageView | undefined) =>
    imagesText("web", view === undefined ? [] : [view], NOW_MS)[1];
  expect(text(nextOf(4, 0))).toContain("kept (4 of 4)");
  expect(text(nextOf(1, 2 * DAY_MS))).toContain(
    "will be deleted after Tue 08:34 UTC (older than the one you keep)",
  );
  expect(text(nextOf(2, 0))).toContain(
    "will be deleted at the next clean-up (older than the 2 you keep)",
  );
});

it("tells why a clean-up left an image, and when that was seen", () => {
  const kept = { why: "in use by server app-07", seenAtMs: NOW_MS - HOUR_MS };
  const inventory = recipeState({
    current: "e",
    rules: { keep: 1, coolingOffMs: 0, maxDeletes: 5 },
    images: [
      image("e", { state: "current" }),
      image("b", { retiredAtMs: NOW_MS - DAY_MS, kept }),
      image("a", { state: "deleting", reason: "older than the one image to keep", kept }),
    ],
  });
  const kepts = imagesOf(inventory)
    .slice(1)
    .map((each) => viewImage(inventory, each, null));
  for (const view of kepts) {
    expect(view.next).toMatchObject({
      reason: "in use by server app-07",
      reason_seen_at: "2026-11-23T08:34:00.000Z",
    });
    expect(imagesText("web", [view], NOW_MS)[1]).toContain(
      "not deleted: in use by server app-07 (seen today 08:34 UTC)",
    );
  }
});

it("says so when clean-ups do not go by the changed recipe yet", () => {
  const was = { keep: 3, newer_than_seconds: 0, cooling_off_seconds: 259_200, max_deletes: 5 };
  const is = { ...was, keep: 1, cooling_off_seconds: 3600 };
  expect(rulesHint({ rules: was, applied_rules: was }, false)).toBeNull();
  expect(rulesHint({ rules: is, applied_rules: was }, false)).toBe(
    "! This list goes by recipes.yml (keep 1, cooling_off 1 h, max_deletes 5). Clean-ups go by keep 3, cooling_off 3 d, max_deletes 5 until a host reads the file: regild serve",
  );
  expect(rulesHint({ rules: is, applied_rules: was }, true)).toContain("npm run deploy");
});

it("writes documents that the schema describes", () => {
  for (const view of views) expect(imageSchema.parse(view)).toEqual(view);
});

it("leaves the images alone that were made of another source", () => {
  const elsewhere = { ...image("x").where, sourceId: "another" };
  const inventory = recipeState({
    current: "e",
    images: [image("e", { state: "current" }), image("x", { where: elsewhere })],
  });
  const [, old] = imagesOf(inventory);
  expect(old && viewImage(inventory, old, null).next.action).toBe("left_alone");
});

it("shows what was revoked, by whom and why", () => {
  const revoked = { by: "anna (cli)", reason: "a key", atMs: NOW_MS };
  const withdrawn = recipeState({
    current: null,
    images: [image("r", { revoked }), image("good")],
  });
  const shown = imagesOf(withdrawn).map((one) => viewImage(withdrawn, one, null));
  expect(shown.find(({ id }) => id === "r")).toMatchObject({
    revoked: { by: "anna (cli)", reason: "a key" },
    next: { action: "delete", reason: "revoked by anna (cli)" },
  });
  const text = imagesText("web", shown, NOW_MS).join("\n");
  expect(text).toMatch(/revoked .*will be deleted .*\(revoked by anna \(cli\)\)/);
  expect(text).toMatch(/good .*left alone: no image is current/);
});

it("takes the size from the run that made the image", () => {
  const inventory = recipeState({ images: [image(candidate().id)] });
  const [made] = imagesOf(inventory);
  const by = run({ candidate: candidate({ sizeBytes: 1024 }) });
  expect(made && viewImage(inventory, made, by).stored_bytes).toBe(1024);
});

it("says so when there is none", () => {
  expect(imagesText("web", [], NOW_MS)).toEqual(["web has no image yet."]);
});
