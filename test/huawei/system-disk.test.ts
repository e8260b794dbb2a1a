import { describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../unit/builders.ts";
import { expectStoppedMeanwhile } from "./stopped-meanwhile.ts";
import { ImsInstallation } from "./ims-installation.ts";

const DAY = 24 * HOUR;
const creates = (on: ImsInstallation) => on.cloud.asked.length;
const jobChecks = (on: ImsInstallation) =>
  on.cloud.requests.filter((request) => request.includes("/jobs/")).length;

describe("capture: system_disk", () => {
  it("has IMS make the image, and makes the image of the job current", async () => {
    const on = new ImsInstallation();
    const run = await on.refresh();
    expect(run.failure).toBeNull();
    expect(run.outcome).toBe("succeeded");
    const [body] = on.cloud.asked;
    expect(body).toEqual({ name: run.candidate?.creationName, instance_id: on.serverId });
    const [image] = on.cloud.images.values();
    expect(image?.id).toBe(run.candidate?.id);
    expect(image?.tags).toContain("regild-current-web");
    expect(run.candidate?.sizeBytes).toBe(1_073_741_824);
    expect((await on.recipeState()).current).toBe(image?.id);
  });

  it("stops the server first, and starts it when the job has ended", async () => {
    const on = new ImsInstallation();
    const { prepare } = on.recipe();
    const run = await on.refresh(on.recipe({ prepare: { ...prepare, stopServer: true } }));
    expect(run.outcome).toBe("succeeded");
    expectStoppedMeanwhile(on);
  });

  it("asks for a first job in gaps of 8 %, and for a job of a known length seldom", async () => {
    const on = new ImsInstallation();
    await on.refresh();
    const first = jobChecks(on);
    expect(first).toBeLessThanOrEqual(50);
    await on.refresh();
    expect(jobChecks(on) - first).toBeLessThanOrEqual(4);
  });

  it("keeps as many as the recipe says", async () => {
    const on = new ImsInstallation();
    await on.refresh(on.recipe({ keep: 1 }));
    const second = await on.refresh(on.recipe({ keep: 1 }));
    await on.idle(3 * HOUR);
    expect(on.imageNames()).toEqual([second.candidate?.creationName]);
  });
});

describe("an answer that is lost", () => {
  it("of a create that was done: its image is found by its name", async () => {
    const on = new ImsInstallation();
    on.cloud.lostAnswers = 1;
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(creates(on)).toBe(1);
    expect(on.imageNames()).toEqual([run.candidate?.creationName]);
  });

  it("whose image is not there yet: the same name is asked for again, and that it is taken is the proof", async () => {
    const on = new ImsInstallation();
    on.cloud.plans = [{ recordAfter: 600, seconds: 60, fails: null }];
    on.cloud.lostAnswers = 1;
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(creates(on)).toBe(2);
    expect(new Set(on.cloud.asked.map(({ name }) => name)).size).toBe(1);
    expect(on.imageNames()).toEqual([run.candidate?.creationName]);
  });

  it("of a create that never arrived: the second one makes the image", async () => {
    const on = new ImsInstallation();
    on.cloud.refusals = [{ status: 503, code: "IMG.0000", message: "unavailable" }];
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(creates(on)).toBe(2);
    expect(on.imageNames()).toHaveLength(1);
  });
});

describe("a job that fails", () => {
  it.each([false, true])(
    "fails the run, and nothing stays (image left: %s)",
    async (leavesImage) => {
      const on = new ImsInstallation();
      const fails = { code: "IMG.0014", reason: "An exception occurred", leavesImage };
      on.cloud.plans = [{ recordAfter: 3, seconds: 60, fails }];
      const run = await on.refresh();
      expect(run.outcome).toBe("failed");
      expect(run.failure).toMatchObject({ code: "image-job-failed" });
      expect(run.failure?.message).toContain("An exception occurred (IMG.0014)");
      await on.idle(DAY);
      expect(on.imageNames()).toEqual([]);
    },
  );
});

describe("a run that is cancelled while its job runs", () => {
  it.each([
    ["before the image's record is there", 600],
    ["when it is", 1],
  ])("leaves no image: %s", async (_, recordAfter) => {
    const on = new ImsInstallation();
    on.cloud.plans = [{ recordAfter, seconds: 600, fails: null }];
    const id = await on.begin();
    await on.follow(id, ({ job }) => job !== null);
    on.cloud.nowMs += 30_000;
    await on.cancel(id);
    const run = await on.follow(id);
    expect(run.outcome).toBe("cancelled");
    await on.idle(DAY);
    expect(on.imageNames()).toEqual([]);
    expect(creates(on)).toBe(1);
  });
});

describe("before anything is stopped", () => {
  const stopping = (on: ImsInstallation) =>
    on.recipe({ prepare: { ...on.recipe().prepare, stopServer: true } });
  const stops = (on: ImsInstallation) => on.cloud.requests.filter((r) => r.includes("/servers/"));

  it("a full quota of IMS fails the run", async () => {
    const on = new ImsInstallation();
    on.cloud.quota = 0;
    const { failure } = await on.refresh(stopping(on));
    expect(failure).toMatchObject({ code: "quota-exceeded" });
    expect(failure?.message).toContain("images: 0 of 0 used");
    expect(stops(on).filter((r) => r.startsWith("POST"))).toEqual([]);
  });

  it("a cloud without IMS fails it, with what to write instead", async () => {
    const on = new ImsInstallation();
    on.cloud.hasIms = false;
    const { failure } = await on.refresh(stopping(on));
    expect(failure).toMatchObject({
      code: "no-ims",
      remedy: expect.stringContaining("root_volume"),
    });
    expect(stops(on).filter((r) => r.startsWith("POST"))).toEqual([]);
  });
});

// Each code of the reference that a create can be answered with, and the run's end.
describe("an error code", () => {
  it.each([
    ["IMG.0060", "flow control"],
    ["IMG.0010", "the server has a task"],
    ["IMG.0022", "the state of the disk"],
    ["IMG.0110", "the state of the volume"],
    ["IMG.0136", "the server is being backed up"],
  ])("%s, %s, is waited for", async (code, message) => {
    const on = new ImsInstallation();
    on.cloud.refusals = [1, 2].map(() => ({ status: 400, code, message }));
    const run = await on.refresh();
    expect(run.outcome).toBe("succeeded");
    expect(creates(on)).toBe(3);
    expect(run.endedAtMs).toBeLessThan(run.startedAtMs + 30 * MINUTE);
  });

  it.each([
    ["IMG.0005", 400, "not-found", "was not deleted"],
    ["IMG.0006", 400, "invalid-request", "request id"],
    ["IMG.0008", 400, "server-runs", "stop_server: true"],
    ["IMG.0015", 400, "quota-exceeded", "more quota"],
    ["IMG.0026", 403, "forbidden", "permission"],
    ["IMG.0063", 400, "invalid-request", "request id"],
    ["IMG.0087", 400, "forbidden", "permission"],
    ["IMG.0119", 400, "invalid-request", "request id"],
    ["IMG.0153", 400, "invalid-request", "request id"],
    ["IMG.0164", 400, "invalid-request", "request id"],
  ])("%s ends the run at once as %s", async (code, status, end, remedy) => {
    const on = new ImsInstallation();
    on.cloud.refusals = [{ status, code, message: "no" }];
    const { outcome, failure } = await on.refresh();
    expect(outcome).toBe("failed");
    expect(failure).toMatchObject({ code: end, remedy: expect.stringContaining(remedy) });
    expect(failure?.message).toContain(code);
    expect(creates(on)).toBe(1);
  });
});
