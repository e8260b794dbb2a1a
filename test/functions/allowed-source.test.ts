import { describe, expect, it } from "vitest";
import { handler as prepareSource } from "../../functions/prepare-source/handler.ts";
import { MINUTE, NOW, recipe, run } from "../unit/builders.ts";
import { Installation, sqsSample } from "./installation.ts";

const allowSource = { name: "build-*", metadata: { purpose: "golden" } };

/** A run that a sender has started with this server, up to where its first step leaves it. */
async function started(is: { name: string; metadata: Record<string, string> }) {
  const on = new Installation();
  const base = on.cloud.operator.addImage({ name: "debian-12" });
  const server = on.cloud.operator.addServer({ ...is, image: base });
  const of = recipe({
    source: { kind: "server", idOrName: server.id },
    allowSource,
    prepare: {
      stopServer: true,
      stopTimeoutMs: 10 * MINUTE,
      allowLive: false,
      waitForShutoffMs: null,
      restore: null,
      hook: null,
    },
  });
  on.putRun({ ...run({ source: null, locked: false, seq: 0, reconcileAtMs: NOW }), recipe: of }, 1);
  await on.call(prepareSource, sqsSample("prepare-source/run"));
  const changes = on.requests.filter(
    ({ method, url }) => method !== "GET" && !url.includes("/identity"),
  );
  return { on, server, changes, run: await on.run(run().id) };
}

describe("a server that a start names", () => {
  it("is worked on if allow_source allows it", async () => {
    const { run: after, server } = await started({
      name: "build-7",
      metadata: { purpose: "golden" },
    });
    expect(after).toMatchObject({ step: "prepare-source", locked: true, failure: null });
    expect(after.source?.id).toBe(server.id);
  });

  it.each([
    [{ name: "prod-db", metadata: { purpose: "golden" } }, "does not match build-*"],
    [{ name: "build-7", metadata: {} }, "has no purpose"],
    [{ name: "build-7", metadata: { purpose: "test" } }, 'purpose is not "golden"'],
  ])("is not touched if it is %j", async (is, reason) => {
    const { on, changes, run: after, server } = await started(is);
    expect(after).toMatchObject({
      step: "abandon",
      source: null,
      locked: false,
      failure: { code: "source-not-allowed", step: "prepare-source" },
    });
    expect(after.failure?.message).toContain(reason);
    expect(changes).toEqual([]);
    expect(server).toMatchObject({ vmState: "active", taskState: null });
    expect(await on.store.get({ pk: `S#${server.id}`, sk: "lock" })).toBeNull();
  });
});
