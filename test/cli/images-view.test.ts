import { expect, it } from "vitest";
import { imagesText } from "../../local/cli/text/images.ts";
import { imageSchema, imagesOf, viewImage } from "../../local/view/images.ts";
import { candidate, DAY_MS, head, HOUR_MS, image, NOW_MS, run } from "./records.ts";

process.env["TZ"] = "UTC";

const LEDGER = head({
  current: "e",
  images: [
    image("gone", { state: "gone" }),
    image("a", {
      candidateAtMs: NOW_MS - 5 * DAY_MS,
      promotedAtMs: NOW_MS - 5 * DAY_MS,
      retiredAtMs: NOW_MS - 4 * DAY_MS,
      state: "doomed",
      reason: "beyond keep 3",
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
  parts: [
    {
      kind: "snapshot",
      id: "s1",
      run: "r",
      imageId: "c",
      where: image("c").where,
      state: "kept",
      sinceMs: NOW_MS,
      refusedAtMs: null,
      why: null,
    },
  ],
});

const views = imagesOf(LEDGER).map((each) => viewImage(LEDGER, each, null));

it("shows of every image that exists what becomes of it next, the newest first", () => {
  expect(imagesText("web", views, NOW_MS)).toEqual([
    "ID  NAME   STATE      STORED      CREATED          NEXT",
    "f   web-f  candidate  –           today 09:34 UTC  its run is at work",
    "e   web-e  current    2.1 GiB     today 07:34 UTC  –",
    "d   web-d  retired    –           Sun 09:34 UTC    kept (2 of 3)",
    "c   web-c  retired    1 snapshot  Sat 09:34 UTC    kept (3 of 3)",
    "b   web-b  retired    –           Thu 09:34 UTC    beyond keep: delete from Wed 08:34 UTC",
    "a   web-a  doomed     –           Wed 09:34 UTC    being deleted: beyond keep 3",
  ]);
});

it("writes documents that the schema describes", () => {
  for (const view of views) expect(imageSchema.parse(view)).toEqual(view);
});

it("leaves the images alone that were made of another source", () => {
  const elsewhere = { ...image("x").where, sourceId: "another" };
  const ledger = head({
    current: "e",
    images: [image("e", { state: "current" }), image("x", { where: elsewhere })],
  });
  const [, old] = imagesOf(ledger);
  expect(old && viewImage(ledger, old, null).next.action).toBe("left_alone");
});

it("takes the size from the run that made the image", () => {
  const ledger = head({ images: [image(candidate().id)] });
  const [made] = imagesOf(ledger);
  const by = run({ candidate: candidate({ sizeBytes: 1024 }) });
  expect(made && viewImage(ledger, made, by).stored_bytes).toBe(1024);
});

it("says so when there is none", () => {
  expect(imagesText("web", [], NOW_MS)).toEqual(["web has no image yet."]);
});
