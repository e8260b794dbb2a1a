import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { demoCloudDocument } from "../../local/view/demo.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

async function emptyPlace(): Promise<Workplace> {
  const place = await openWorkplace();
  for (const file of ["clouds.yaml", "recipes.yml"]) rmSync(join(place.folder, file));
  return place;
}

const hasClouds = (place: Workplace) => existsSync(join(place.folder, "clouds.yaml"));

describe("regild demo --serve", () => {
  it("serves a cloud on which init and refresh work, and takes its clouds.yaml along", async () => {
    await using place = await emptyPlace();
    const demo = place.begin("demo", "--serve");
    await demo.said("regild init");
    expect(await place.regild("init", "--server", "web-golden")).toMatchObject({ status: 0 });
    expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
    demo.kill("SIGTERM");
    expect(await demo.ended).toMatchObject({ status: 0, err: "" });
    expect(hasClouds(place)).toBe(false);
  });

  it("leaves a clouds.yaml that is not its own, and says what to do", async () => {
    await using place = await emptyPlace();
    place.write("clouds.yaml", "clouds: { mine: {} }");
    const demo = place.begin("demo", "--listen", "127.0.0.1:0", "-o", "json");
    await demo.said("data-golden");
    demo.kill("SIGINT");
    const { status, out } = await demo.ended;
    expect(status).toBe(0);
    const document = demoCloudDocument.parse(JSON.parse(out));
    expect(document).toMatchObject({ cloud: "demo", clouds_file: null });
    expect(document.clouds_yaml).toContain(`auth_url: ${document.url}/identity/v3`);
    expect(place.read("clouds.yaml")).toBe("clouds: { mine: {} }");
  });

  it("takes the place of one that was killed", async () => {
    await using place = await emptyPlace();
    const killed = place.begin("demo", "--serve");
    await killed.said("regild init");
    killed.kill("SIGKILL");
    await killed.ended;
    const left = place.read("clouds.yaml");
    const again = place.begin("demo", "--serve");
    await again.said("Wrote ");
    expect(place.read("clouds.yaml")).not.toBe(left);
  });

  it("says when it cannot listen", async () => {
    await using place = await emptyPlace();
    const { port } = new URL(place.cloud.world.baseUrl);
    const { status, err } = await place.regild("demo", "--listen", `127.0.0.1:${port}`);
    expect(status).toBe(1);
    expect(err).toContain("EADDRINUSE");
    expect(hasClouds(place)).toBe(false);
  });
});
