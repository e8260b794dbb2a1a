import { describe, expect, it, vi } from "vitest";
import { runReportsDocument, runDocument } from "../../local/view/run-report.ts";
import { openWorkplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

describe.concurrent("regild watch", () => {
  it("watches to its end a run that somebody else started", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    await place.regild("refresh", "web");
    const watching = place.begin("watch", "web", "-o", "json");
    await watching.said("web  ● check-status");
    place.pass(600);
    const { status, out } = await watching.ended;
    expect(status).toBe(0);
    expect(runDocument.parse(JSON.parse(out)).run).toMatchObject({ state: "succeeded" });

    await place.regild("refresh", "web");
    const timed = await place.regild("watch", "web", "--timeout", "1s");
    expect(timed.status).toBe(5);
    expect(timed.err).toMatch(/--timeout has passed; run web-\S+ goes on/);
    const cancelled = place.begin("watch", "web");
    await cancelled.said("web  ● check-status");
    await place.regild("cancel", "web");
    expect((await cancelled.ended).status).toBe(4);
  });

  it("does no work: without a host it says that the run stands still", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const begun = place.begin("refresh", "web", "--wait");
    await begun.said("web  ● check-status");
    begun.kill("SIGINT");
    await begun.ended;
    place.pass(600);
    const { status, err } = await place.regild("watch", "web", "--timeout", "20s");
    expect(status).toBe(5);
    expect(err).toContain("no host works on regild.sqlite, so nothing goes on");
    expect(err).toMatch(/no host works, and run web-\S+ stands still/);
    expect(err).toContain("Continue: regild serve, or regild refresh web --wait");
  });

  it("shows how ended runs ended, and exits as they did", async () => {
    await using place = await openWorkplace();
    place.write(
      "recipes.yml",
      "defaults: { cloud: demo }\nrecipes: { web: { server: web }, gone: { server: nosuch } }",
    );
    await place.regild("refresh", "--all", "--wait");
    expect(await place.regild("watch", "web")).toMatchObject({ status: 0 });
    const both = await place.regild("watch", "web", "gone", "-o", "json");
    expect(both.status).toBe(3);
    const { runs } = runReportsDocument.parse(JSON.parse(both.out));
    expect(runs).toMatchObject([{ state: "succeeded" }, { state: "failed" }]);
    expect(await place.regild("watch", "wep")).toMatchObject({ status: 2 });
  });

  it("makes no data file", async () => {
    await using place = await openWorkplace();
    expect(await place.regild("watch", "web")).toMatchObject({ status: 1 });
    expect(() => place.read("regild.sqlite")).toThrow("ENOENT");
  });
});
