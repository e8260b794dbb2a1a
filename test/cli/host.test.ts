import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { runDocument } from "../../local/view/run-report.ts";
import { openWorkplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.concurrent("with a host", () => {
  it("refresh hands the work to it, and a second one is joined to the first", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said("serving");
    const [line = ""] = host.out().split("\n");
    const { url } = z.object({ url: z.string() }).parse(JSON.parse(line));

    const accepted = await place.regild("refresh", "data", "-o", "json");
    expect(accepted.status).toBe(0);
    const { run } = runDocument.parse(JSON.parse(accepted.out));
    expect(run.state).toBe("running");

    const second = await place.regild("serve", "--listen", "127.0.0.1:0");
    expect(second.status).toBe(1);
    expect(second.err).toContain("Another process works on regild.sqlite");

    const joining = place.begin("refresh", "data", "--wait", "-o", "json");
    await joining.said(`data is being refreshed already, by ${run.id}`);
    place.pass(600);
    const joined = await joining.ended;
    expect(joined.status).toBe(0);
    expect(runDocument.parse(JSON.parse(joined.out)).run).toMatchObject({
      id: run.id,
      state: "succeeded",
    });

    const answer = await fetch(`${url}/v1/runs/data`);
    expect(runDocument.parse(await answer.json()).run.state).toBe("succeeded");

    host.kill("SIGTERM");
    expect((await host.ended).status).toBe(0);
  });

  it("serve refuses recipes and clouds that are not right, all at once", async () => {
    await using place = await openWorkplace();
    place.write(
      "recipes.yml",
      "recipes: { a: { cloud: nosuch, server: a }, b: { cloud: other, volume: b } }",
    );
    const clouds = await place.regild("serve");
    expect(clouds.status).toBe(2);
    expect(clouds.err).toMatch(/cloud nosuch: .* It has: demo \(needed by a\)/);
    expect(clouds.err).toMatch(/cloud other: .* \(needed by b\)/);

    place.write("recipes.yml", "recipes: { a: { cloud: demo, server: a, keep: 0, colour: red } }");
    const recipes = await place.regild("serve");
    expect(recipes.status).toBe(2);
    expect(recipes.err).toMatch(/2 problems in 1 recipe\. Nothing was started/);
    expect(recipes.err).toMatch(/recipes\.yml:1:\d+ +a\.keep/);
  });
});

describe.concurrent("a run that takes long", () => {
  it("goes on after Ctrl-C and after --timeout, and is undone by cancel", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said("● check-status");
    watching.kill("SIGINT");
    const interrupted = await watching.ended;
    expect(interrupted.status).toBe(130);
    expect(interrupted.err).toMatch(
      /Stopped\. No server is switched off, but run web-\S+ is unfinished/,
    );

    const timed = await place.regild("refresh", "web", "--wait", "--timeout", "1s");
    expect(timed.status).toBe(5);
    expect(timed.err).toContain("is being refreshed already");

    const marked = await place.regild("cancel", "web");
    expect(marked.status).toBe(0);
    expect(marked.err).toContain("it is undone once one does");

    const cancelled = await place.regild("cancel", "web", "--wait", "-o", "json");
    expect(cancelled.status).toBe(0);
    const { run } = runDocument.parse(JSON.parse(cancelled.out));
    expect(run).toMatchObject({ state: "cancelled", left: [], undone: [{ kind: "image" }] });
    place.cloud.settle();
    const names = [...place.cloud.world.firstZone.images.values()].map(({ name }) => name);
    expect(names).toEqual(["base"]);
  });

  it("ends with status 4 for who waits for it when somebody else cancels it", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const watching = place.begin("refresh", "web", "--wait");
    await watching.said("● check-status");
    const cancel = await place.regild("cancel", "web");
    expect(cancel).toMatchObject({ status: 0, err: "" });
    const ended = await watching.ended;
    expect(ended.status).toBe(4);
    expect(ended.out).toMatch(/^cancelled/);
  });
});
