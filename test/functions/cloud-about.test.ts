import { expect, it } from "vitest";
import { headKey } from "../../shared/image/head.ts";
import { cloudAbout } from "../../shared/protocol/cloud-about.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { head, ledgerImage, NOW, part, run, sourceItem, timing } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const RUN = runKey(run().id);
const SOURCE = { pk: "S#1", sk: "lock" };

function asked(key: { pk: string; sk: string }, doc: object | null) {
  const on = new Installation();
  if (doc !== null) on.put(key, doc, 1);
  return cloudAbout(on.backend, JSON.stringify({ key, version: 1 }));
}

it.each([
  ["a run", RUN, run(), "mycloud"],
  ["a source", SOURCE, sourceItem(), "mycloud"],
  ["a head with images", headKey("web"), head({ images: [ledgerImage({ id: "a" })] }), "mycloud"],
  ["a head with parts alone", headKey("web"), head({ parts: [part({ id: "a" })] }), "mycloud"],
  ["an empty head", headKey("web"), head(), ""],
  ["nothing", RUN, null, ""],
  ["a damaged record", RUN, { recipe: 5 }, ""],
])("of %s", async (_name, key, doc, cloud) => {
  expect(await asked(key, doc)).toBe(cloud);
});

it.each([
  ["before its deadline", 1, "mycloud"],
  ["in its grace", 1 - timing.graceMs, "mycloud"],
  ["after its grace, when it is ended without a cloud", -timing.graceMs, ""],
])("of a run %s", async (_name, leftMs, cloud) => {
  expect(await asked(RUN, run({ deadlineAtMs: NOW + leftMs }))).toBe(cloud);
});
