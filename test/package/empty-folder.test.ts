import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runsDocument } from "../../local/view/run.ts";
import { statusDocument } from "../../local/view/status.ts";
import { openWorkplace, type Workplace } from "../cli/workplace.ts";
import { NO_PROGRAMS_ON_THE_PATH, programs } from "./programs.ts";
import { deliver, SENDERS, webhookOf } from "./webhook.ts";

async function emptyFolder(program: (typeof programs)[number][1]): Promise<Workplace> {
  const place = await openWorkplace({}, NO_PROGRAMS_ON_THE_PATH, program);
  for (const file of readdirSync(place.folder)) rmSync(join(place.folder, file));
  return place;
}

describe.each(programs)("in an empty folder, with %s", (_, program) => {
  it("a simulated cloud, init, refresh, serve, a signed webhook and status", async () => {
    await using place = await emptyFolder(program);
    const demo = place.begin("demo", "--serve");
    await demo.said("regild init");
    const init = await place.regild("init", "--cloud", "demo", "--server", "web-golden");
    expect(init).toMatchObject({ status: 0, err: "" });
    expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });

    place.write(
      "recipes.yml",
      `${place.read("recipes.yml")}    webhook: { sender: ci, event: release }\n`,
    );
    place.write("regild.yml", SENDERS);
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    expect((await deliver(await webhookOf(host))).status).toBe(202);
    expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });

    const { runs } = runsDocument.parse(
      JSON.parse((await place.regild("runs", "web", "-o", "json")).out),
    );
    const kinds = runs
      .filter(({ state }) => state === "succeeded")
      .map(({ trigger }) => trigger.kind);
    expect(kinds.toSorted()).toEqual(["command", "webhook"]);
    const { status, out } = await place.regild("status", "--check", "-o", "json");
    expect(status).toBe(0);
    const { recipes, host: seen } = statusDocument.parse(JSON.parse(out));
    expect(recipes).toMatchObject([{ recipe: "web", cloud: "demo" }]);
    expect(recipes[0]?.current?.id).toBeDefined();
    expect(seen).toMatchObject({ state: "running" });
    host.kill("SIGTERM");
    expect(await host.ended).toMatchObject({ status: 0 });
  });
});
