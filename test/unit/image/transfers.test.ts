import { beforeEach, describe, expect, it } from "vitest";
import { Transfers } from "../../../shared/image/transfers.ts";
import type { SendWatch } from "../../../shared/image-content.ts";

let transfers: Transfers;

beforeEach(() => {
  transfers = new Transfers();
});

/** A transfer that goes on until the test ends it. */
function begun(zone = "az2", run = "run-1") {
  const { promise, resolve: end } = Promise.withResolvers<string | null>();
  const watches: SendWatch[] = [];
  transfers.begin(run, zone, (watch) => {
    watches.push(watch);
    return promise;
  });
  const [watch] = watches;
  if (watch === undefined) throw new Error("it has not begun");
  const over = async (failure: string | null) => {
    end(failure);
    await promise;
  };
  return { watch, over };
}

describe("a transfer", () => {
  it("begins at once, and tells how far it is", () => {
    expect(transfers.of("run-1", "az2")).toBeNull();
    const { watch } = begun();
    watch.sent(77);
    expect(transfers.of("run-1", "az2")).toMatchObject({ failure: null, sentBytes: 77 });
    expect(transfers.isUnderWay("run-1", "az2")).toBe(true);
    expect(transfers.isUnderWay("run-1", "az3")).toBe(false);
    expect(transfers.isUnderWay("run-2", "az2")).toBe(false);
  });

  it("that is done is forgotten: the image service shows its content", async () => {
    await begun().over(null);
    expect(transfers.of("run-1", "az2")).toBeNull();
  });

  it("that failed keeps the reason until the next one", async () => {
    await begun().over("connection reset");
    expect(transfers.of("run-1", "az2")).toMatchObject({ failure: "connection reset" });
    expect(transfers.isUnderWay("run-1", "az2")).toBe(false);
    begun();
    expect(transfers.isUnderWay("run-1", "az2")).toBe(true);
  });

  it("that throws has failed, and ends nothing else", async () => {
    transfers.begin("run-1", "az2", () => Promise.reject(new TypeError("no such body")));
    await expect.poll(() => transfers.of("run-1", "az2")?.failure).toBe("TypeError: no such body");
  });

  it("that ends late says nothing of the one after it", async () => {
    const first = begun();
    begun();
    await first.over(null);
    expect(first.watch.signal.aborted).toBe(true);
    expect(transfers.isUnderWay("run-1", "az2")).toBe(true);
  });
});

describe("stopping", () => {
  it("breaks off what goes on for the run, and nothing else", () => {
    const [one, two, other] = [begun("az2"), begun("az3"), begun("az2", "run-2")];
    transfers.stop("run-1");
    expect([one, two, other].map(({ watch }) => watch.signal.aborted)).toEqual([true, true, false]);
    expect(transfers.of("run-1", "az2")).toBeNull();
    expect(transfers.isUnderWay("run-2", "az2")).toBe(true);
  });

  it("breaks off everything where the process ends", () => {
    const all = [begun("az2"), begun("az2", "run-2")];
    transfers.stopAll();
    expect(all.map(({ watch }) => watch.signal.aborted)).toEqual([true, true]);
  });
});
