import { expect, it } from "vitest";
import { paint } from "../../local/cli/text/paint.ts";
import { runReportText } from "../../local/cli/text/run-report.ts";
import { runReportSchema, viewRunReport } from "../../local/view/run-report.ts";
import type { ApiCall } from "../../shared/cloud-ports.ts";
import { type Run, runSchema, type TimelineEvent } from "../../shared/run/record.ts";
import type { SourceItem } from "../../shared/source/item.ts";
import type { SavedDisk } from "../../shared/source/saved-disk.ts";
import { savedDisk, sourceItem } from "../unit/builders.ts";
import { candidate, recipeState, image, MINUTE_MS, NOW_MS, run, SERVER } from "./records.ts";

process.env["TZ"] = "UTC";
const plain = paint(false);

const CREATE: ApiCall = {
  method: "POST",
  service: "compute",
  path: "/v2.1/servers/7c1e/action",
  status: 202,
  requestId: "req-1",
};
const OBSERVATION: ApiCall = {
  method: "GET",
  service: "image",
  path: "/v2/images/5e1d",
  status: 404,
  requestId: "req-2",
};

const event = (minute: number, fields: Partial<TimelineEvent>): TimelineEvent => ({
  atMs: NOW_MS - (10 - minute) * MINUTE_MS,
  step: "prepare-source",
  kind: "observation",
  text: "",
  count: 1,
  calls: [],
  ...fields,
});

const STARTED: Partial<Run> = {
  startedAtMs: NOW_MS - 10 * MINUTE_MS,
  source: SERVER,
  stoppedAtMs: NOW_MS - 9 * MINUTE_MS,
  candidate: candidate(),
  imageName: "web-20261123-k3f9q2",
  apiCalls: 21,
};

const FAILED = run({
  ...STARTED,
  restoredAtMs: NOW_MS - 4 * MINUTE_MS,
  outcome: "failed",
  step: "abandon",
  endedAtMs: NOW_MS - 2 * MINUTE_MS,
  failure: {
    code: "image-vanished",
    message: 'The cloud deleted the image. Its reason: "store\nfull"',
    remedy: "Give the request ids to the cloud's operator",
    step: "check-status",
    atMs: NOW_MS - 5 * MINUTE_MS,
    evidence: [CREATE, OBSERVATION],
  },
  timeline: [
    event(1, { kind: "step", text: "ACTIVE → SHUTOFF" }),
    event(2, { step: "create-image", kind: "answer", text: "accepted", calls: [CREATE] }),
    event(2, { step: "create-image", kind: "step", text: "web-20261123-k3f9q2" }),
    event(3, { step: "check-status", text: "saving", count: 4 }),
    event(5, { step: "check-status", kind: "failure", text: "vanished", calls: [OBSERVATION] }),
    event(8, { step: "abandon", kind: "step", text: "failed" }),
  ],
});

const INVENTORY = recipeState({
  current: "old",
  images: [
    image("old", { state: "current", name: "web-20261122-c81m0d" }),
    image(candidate().id, { run: FAILED.id, state: "gone", goneAtMs: NOW_MS - 3 * MINUTE_MS }),
  ],
});

it("tells of a failed run why, with proof, what was undone, what is left and what to do", () => {
  const view = viewRunReport(
    { run: FAILED, cancelAtMs: null, recipeState: INVENTORY, sources: [] },
    NOW_MS,
  );
  expect(runReportSchema.parse(view)).toEqual(view);
  expect(runReportText(view, NOW_MS, plain)).toEqual([
    "FAILED image-vanished   recipe web on mycloud, anna (cli) today 09:24 UTC, failed 09:29 UTC in check-status",
    "Run     web-20261123-093000-k3f9q2, 8 min, 21 API calls",
    'Why     The cloud deleted the image. Its reason: "store full"',
    "Proof   POST compute /v2.1/servers/7c1e/action → 202 (req-1); GET image /v2/images/5e1d → 404 (req-2)",
    "Undone  ✓ web-golden started again 09:30 UTC, down 5 min   ✓ image 5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77 deleted 09:31 UTC",
    "Left    nothing. Current is still web-20261122-c81m0d, untouched",
    "Next    Give the request ids to the cloud's operator",
    "",
    "✓ prepare-source  09:24  1 min  ACTIVE → SHUTOFF",
    "✓ create-image    09:25  1 min  web-20261123-k3f9q2",
    "    POST compute /v2.1/servers/7c1e/action → 202 (req-1)",
    "✗ check-status    09:26  3 min  vanished",
    "    GET image /v2/images/5e1d → 404 (req-2)",
    "✓ abandon         09:29  3 min  nothing is left behind",
  ]);
});

it("says that a disk was put back, or how it is put back by hand", () => {
  const disk = { id: "s1", name: "s", notedAtMs: 1, readyAtMs: 2, preparedAtMs: null };
  const source = { ...FAILED.source, kind: "volume", id: "v", name: "app-data" };
  const failed = runSchema.parse({ ...FAILED, source, savedDisk: disk });
  const saved = savedDisk({ run: failed.id });
  const of = (left: SavedDisk | null) => {
    const sources = [
      sourceItem({ id: "server-1", owner: null, wishedPower: null, savedDisk: left }),
    ];
    const record = { run: failed, cancelAtMs: null, recipeState: INVENTORY, sources };
    return runReportText(viewRunReport(record, NOW_MS), NOW_MS, plain).join("\n");
  };
  expect(of(null)).toMatch(/Undone {2}✓ app-data put back as it was .*\nLeft {4}nothing/);
  expect(of(saved)).toMatch(
    /Left {4}volume v still has to be put back: By hand, in this order: openstack server remove volume server-1 v, /,
  );
  expect(of(saved)).not.toContain("put back as it was");
  expect(of({ ...saved, stage: "unused" })).toMatch(/Left {4}snapshot s1 still has to be deleted/);
});

it("counts calls that nobody answered", () => {
  const silence = { ...CREATE, status: null, requestId: null };
  const waiting = run({ timeline: [event(1, { kind: "transient", calls: [silence, silence] })] });
  const view = viewRunReport(
    { run: waiting, cancelAtMs: null, recipeState: null, sources: [] },
    NOW_MS,
  );
  expect(runReportText(view, NOW_MS, plain).at(-1)).toBe(
    "    POST compute /v2.1/servers/7c1e/action → no answer (2 times)",
  );
});

it("tells what an ended run still has to do, from the inventory and the source as they are now", () => {
  const server: SourceItem = {
    schema: 2,
    id: SERVER.id,
    kind: "server",
    cloud: "mycloud",
    region: null,
    owner: null,
    wishedPower: "ACTIVE",
    wishedAtMs: null,
    lateStopUntilMs: null,
    unansweredStopUntilMs: null,
    givenImageId: null,
    lastImageId: null,
    earlierImageIds: [],
    savedDisk: null,
    reconcileAtMs: NOW_MS,
  };
  const inventory = recipeState({
    images: [image(candidate().id, { run: FAILED.id, state: "deleting" })],
  });
  const owing = { ...FAILED, restoredAtMs: null };
  const view = viewRunReport(
    { run: owing, cancelAtMs: null, recipeState: inventory, sources: [server] },
    NOW_MS,
  );
  expect(view.left.map(({ kind }) => kind)).toEqual(["server", "image"]);
  expect(runReportText(view, NOW_MS, plain).find((line) => line.startsWith("Left"))).toContain(
    `server ${SERVER.id} still has to be started, image ${candidate().id} still has to be deleted`,
  );
  // A server that another run has locked is that run's to start.
  const taken = { ...server, owner: "web-20261123-093300-zzzzzz" };
  const later = viewRunReport(
    { run: owing, cancelAtMs: null, recipeState: null, sources: [taken] },
    NOW_MS,
  );
  expect(later.left).toEqual([]);
});

it("counts the temporary snapshot and volume of a capture as undone once the inventory has forgotten them", () => {
  const fields = { snapshot: { id: "s1", name: "s" }, volume: { id: "v1", name: "v" } };
  const resource = { kind: "volume", id: "v1", run: FAILED.id, imageId: null } as const;
  const deleting = {
    ...resource,
    where: image("x").where,
    state: "deleting",
    sinceMs: NOW_MS,
    askedAtMs: null,
    missingSinceMs: null,
    refusedAtMs: null,
    why: null,
    test: null,
    disk: null,
  } as const;
  const view = viewRunReport(
    {
      run: { ...FAILED, ...fields },
      cancelAtMs: null,
      recipeState: recipeState({ resources: [deleting] }),
      sources: [],
    },
    NOW_MS,
  );
  expect(view.undone.map(({ id }) => id)).toEqual([SERVER.id, "s1"]);
  expect(view.left.map(({ id }) => id)).toEqual(["v1"]);
});

it("shows of a run at work the step it is in, and what was seen last", () => {
  const working = run({
    ...STARTED,
    step: "check-status",
    timeline: FAILED.timeline.slice(0, 4),
  });
  const view = viewRunReport(
    { run: working, cancelAtMs: null, recipeState: null, sources: [] },
    NOW_MS,
  );
  expect(view.steps.at(-1)).toMatchObject({
    name: "check-status",
    state: "running",
    message: "saving",
    took_seconds: 8 * 60,
  });
  expect(view.left).toEqual([]);
});

it("shows of a run that went well its source, its image and what it replaced", () => {
  const went = run({
    ...STARTED,
    restoredAtMs: NOW_MS - 4 * MINUTE_MS,
    outcome: "succeeded",
    promoted: true,
    step: "clean-up-snapshots",
    endedAtMs: NOW_MS,
    replacedImageId: "old",
    imagesRetired: ["older"],
    snapshotsCleaned: 2,
  });
  const view = viewRunReport(
    { run: went, cancelAtMs: null, recipeState: INVENTORY, sources: [] },
    NOW_MS,
  );
  expect(runReportText(view, NOW_MS, plain).slice(0, 5)).toEqual([
    "succeeded   recipe web on mycloud, anna (cli) today 09:24 UTC",
    "Run      web-20261123-093000-k3f9q2, 10 min, 21 API calls",
    "Source   server web-golden  7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3, was down 5 min",
    "Image    web-20261123-k3f9q2  5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77, replaced old",
    "Deleted  image older, 2 snapshots",
  ]);
});
