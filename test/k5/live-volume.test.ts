import { describe, expect, it } from "vitest";
import { recipe } from "../unit/builders.ts";
import { K5Installation } from "./k5-installation.ts";

function attached(status: string): K5Installation {
  const on = new K5Installation();
  const id = on.cloud.addServer("db");
  Object.assign(on.cloud.servers.get(id) ?? {}, { status });
  Object.assign(on.cloud.volumes.get(on.volumeId) ?? {}, { status: "in-use", attachedTo: id });
  return on;
}

describe("a volume that is mounted", () => {
  it.each(["ACTIVE", "REBOOT", "VERIFY_RESIZE", "UNKNOWN"])(
    "is not uploaded while its server is %s: the run says the ways there are",
    async (status) => {
      const on = attached(status);
      const run = await on.refresh();
      expect(run).toMatchObject({ outcome: "failed", failure: { code: "volume-live" } });
      expect(run.failure?.message).toContain(`is attached to db (${status})`);
      for (const way of ["capture: snapshot", "stop_server: true", "allow_live: true"])
        expect(run.failure?.remedy).toContain(way);
      expect(on.cloud.uploads).toEqual([]);
      expect(on.images()).toEqual([[], []]);
    },
  );

  it("is not uploaded while nobody can say whether its server runs", async () => {
    const on = attached("ACTIVE");
    on.cloud.servers.clear();
    const run = await on.refresh();
    expect(run.failure).toMatchObject({ code: "volume-live" });
    expect(run.failure?.message).toContain("which may run");
    expect(on.cloud.uploads).toEqual([]);
  });

  it.each(["SHUTOFF", "SHELVED_OFFLOADED"])(
    "is uploaded by force when its server is %s",
    async (status) => {
      const on = attached(status);
      expect(await on.refresh()).toMatchObject({ outcome: "succeeded" });
      expect(on.cloud.uploads).toMatchObject([{ force: true }]);
    },
  );

  it("is uploaded while its server runs if the recipe allows that", async () => {
    const on = attached("ACTIVE");
    const prepare = { ...recipe().prepare, allowLive: true };
    expect(await on.refresh(on.recipe({ prepare }))).toMatchObject({ outcome: "succeeded" });
    expect(on.cloud.uploads).toMatchObject([{ force: true }]);
  });

  it("has its server stopped for the upload if the recipe says so, and started again", async () => {
    const on = attached("ACTIVE");
    const [server] = on.cloud.servers.values();
    const during: Array<string | undefined> = [];
    const { uploads } = on.cloud;
    uploads.push = (...asked) => {
      during.push(server?.status);
      return Array.prototype.push.apply(uploads, asked);
    };
    const prepare = { ...recipe().prepare, stopServer: true };
    const run = await on.refresh(on.recipe({ prepare }));
    expect(run).toMatchObject({ outcome: "succeeded", leftovers: [] });
    expect({ during, after: server?.status }).toEqual({ during: ["SHUTOFF"], after: "ACTIVE" });
    expect(on.cloud.requests.filter((r) => r.startsWith("POST compute"))).toHaveLength(2);
  });

  it("has its server started again when the image fails for good", async () => {
    const on = attached("ACTIVE");
    const reason = { after: 0, key: "sync_status_reason", text: "ERROR:A timeout occurred" };
    on.cloud.plans = [{ seconds: 30, registersAfter: null, reason }];
    const prepare = { ...recipe().prepare, stopServer: true };
    const run = await on.refresh(on.recipe({ prepare }));
    expect(run).toMatchObject({ outcome: "failed", failure: { code: "sync-failed" } });
    expect([...on.cloud.servers.values()].map(({ status }) => status)).toEqual(["ACTIVE"]);
  });

  it("of a server that nobody can see is refused before anything is stopped", async () => {
    const on = attached("ACTIVE");
    on.cloud.servers.clear();
    const prepare = { ...recipe().prepare, stopServer: true };
    const run = await on.refresh(on.recipe({ prepare }));
    expect(run.failure).toMatchObject({ code: "volume-live", step: "prepare-source" });
    expect(run.failure?.message).toContain("cannot see: Regild cannot stop it");
  });

  it("is looked at again before each attempt: its server may have been started since", async () => {
    const on = attached("SHUTOFF");
    const reason = { after: 0, key: "sync_status_reason", text: "ERROR:A timeout occurred" };
    on.cloud.plans = [{ seconds: 30, registersAfter: null, reason }];
    const { uploads, servers } = on.cloud;
    uploads.push = (...asked) => {
      for (const server of servers.values()) server.status = "ACTIVE";
      return Array.prototype.push.apply(uploads, asked);
    };
    const run = await on.refresh();
    expect(run).toMatchObject({ outcome: "failed", failure: { code: "volume-live" } });
    expect(uploads).toHaveLength(1);
    expect(on.images()).toEqual([[], []]);
  });
});
