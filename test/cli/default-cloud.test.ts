import { describe, expect, it } from "vitest";
import { doctorDocument } from "../../local/view/checks.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

const WITHOUT_CLOUD = "recipes: { web: { server: web } }";

/** A second entry, for the same cloud. */
function addEntry(place: Workplace, name: string): void {
  const [, ...entry] = place.read("clouds.yaml").split("\n");
  place.write(
    "clouds.yaml",
    [...place.read("clouds.yaml").trimEnd().split("\n"), ...entry]
      .join("\n")
      .replace(/demo:(?![\s\S]*demo:)/, `${name}:`),
  );
}

async function cloudOf(place: Workplace, ...args: string[]): Promise<string[]> {
  const { out } = await place.regild("doctor", "-o", "json", ...args);
  return doctorDocument.parse(JSON.parse(out)).clouds.map(({ cloud }) => cloud);
}

describe("a recipe that names no cloud", () => {
  it("is of the only entry of clouds.yaml, for the command and for the host", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", WITHOUT_CLOUD);
    expect(await place.regild("recipes", "check")).toMatchObject({ status: 0 });
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    await host.said('"serving"');
    expect(await place.regild("refresh", "web", "--wait")).toMatchObject({ status: 0 });
  });

  it("is of OS_CLOUD; --os-cloud wins over it, and the recipe over both", async () => {
    await using place = await openWorkplace({}, { OS_CLOUD: "other" });
    addEntry(place, "other");
    place.write("recipes.yml", WITHOUT_CLOUD);
    expect(await cloudOf(place)).toEqual(["other"]);
    expect(await cloudOf(place, "--os-cloud", "demo")).toEqual(["demo"]);
    place.write("recipes.yml", "defaults: { cloud: demo }\nrecipes: { web: { server: web } }");
    expect(await cloudOf(place)).toEqual(["demo"]);
    place.write("recipes.yml", "recipes: { web: { cloud: demo, server: web } }");
    expect(await cloudOf(place, "--os-cloud", "other")).toEqual(["demo"]);
  });

  it.each([{}, { OS_CLOUD: "" }])(
    "is a problem where several entries are there and %o",
    async (env) => {
      await using place = await openWorkplace({}, env);
      addEntry(place, "other");
      place.write("recipes.yml", WITHOUT_CLOUD);
      const { status, out } = await place.regild("recipes", "check");
      expect(status).toBe(2);
      expect(out).toContain(
        "cloud is missing. Write cloud: and a name in clouds.yaml, or set OS_CLOUD",
      );
    },
  );

  it("is a problem on AWS, whose functions know no OS_CLOUD", async () => {
    const stack = { REGILD_TABLE: "regild-test", OS_CLOUD: "demo" };
    await using place = await openWorkplace({}, stack);
    place.write("recipes.yml", WITHOUT_CLOUD);
    const { status, err } = await place.regild("refresh", "web");
    expect(status).toBe(2);
    expect(err).toContain("On AWS, OS_CLOUD does not count");
  });
});
