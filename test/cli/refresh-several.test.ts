import { describe, expect, it, vi } from "vitest";
import { errorDocument } from "../../local/view/document.ts";
import { runReportsDocument } from "../../local/view/run-report.ts";
import { openWorkplace, type Ended } from "./workplace.ts";

vi.setConfig({ testTimeout: 180_000 });

const RECIPES = `
recipes:
  web: { cloud: demo, server: web }
  data: { cloud: demo, volume: data }
  gone: { cloud: demo, server: nosuch }
`;

const statesOf = ({ out }: Ended) =>
  Object.fromEntries(
    runReportsDocument.parse(JSON.parse(out)).runs.map(({ recipe, state }) => [recipe, state]),
  );

describe.concurrent("refresh of several recipes", () => {
  it("--wait shows all, and prints an end of each", async () => {
    await using place = await openWorkplace();
    const { status, out, err } = await place.regild("refresh", "web", "data", "web", "--wait");
    expect(status).toBe(0);
    expect(out).toMatch(/^Current for web: [^\n]+\nCurrent for data: [^\n]+\n$/);
    for (const recipe of ["web", "data"]) expect(err).toContain(`${recipe}  ✓ promote-image`);
  });

  it("--all is every recipe, and the worst end is the exit status", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", RECIPES);
    const ended = await place.regild("refresh", "--all", "--wait", "-o", "json");
    expect(statesOf(ended)).toEqual({ web: "succeeded", data: "succeeded", gone: "failed" });
    expect(ended.status).toBe(3);
  });

  it("a cancelled one counts for more than a good one, and --timeout for less than a failed one", async () => {
    await using place = await openWorkplace({
      uploadSeconds: (name) => (name.startsWith("web") ? 600 : 0.1),
    });
    place.write("recipes.yml", RECIPES);
    const watching = place.begin("refresh", "web", "data", "--wait", "-o", "json");
    await watching.said("web  ● check-status");
    await place.regild("cancel", "web");
    const cancelled = await watching.ended;
    expect(statesOf(cancelled)).toEqual({ web: "cancelled", data: "succeeded" });
    expect(cancelled.status).toBe(4);

    const args = ["refresh", "--all", "--timeout", "15s", "-o", "json"];
    const timed = await place.regild(...args);
    expect(statesOf(timed)).toEqual({ web: "running", data: "succeeded", gone: "failed" });
    expect(timed.status).toBe(3);
    expect(timed.err).toMatch(/--timeout has passed\. No server is switched off, but run web-/);
  });

  it("Ctrl-C ends with 130, and names each run that is left", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const watching = place.begin("refresh", "--all", "--wait");
    await watching.said("web  ● check-status");
    await watching.said("data  ● check-status");
    watching.kill("SIGINT");
    const { status, err, out } = await watching.ended;
    expect(status).toBe(130);
    expect(out).toBe("");
    for (const recipe of ["web", "data"]) {
      expect(err).toMatch(new RegExp(`run ${recipe}-\\S+ is unfinished`));
    }
  });

  it("without --wait a host takes all of them", async () => {
    await using place = await openWorkplace({ uploadSeconds: () => 600 });
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    const accepted = await place.regild("refresh", "--all", "-o", "json");
    expect(accepted.status).toBe(0);
    expect(statesOf(accepted)).toEqual({ web: "running", data: "running" });
  });

  it.each([
    [["refresh"], "No recipe is named"],
    [["refresh", "--all", "web"], "--all and a recipe are both given"],
    [["refresh", "web", "wep", "--wait"], "No recipe is named wep"],
  ])("%j starts nothing", async (args, says) => {
    await using place = await openWorkplace();
    const { status, out } = await place.regild(...args, "-o", "json");
    expect(status).toBe(2);
    expect(errorDocument.parse(JSON.parse(out)).error.message).toContain(says);
    expect(() => place.read("regild.sqlite")).toThrow("ENOENT");
  });
});
