import { expect, it } from "vitest";
import { type doctorDocument, type FindingView } from "../../../local/view/checks.ts";
import type * as z from "zod/mini";
import { alteredClouds } from "../altered-clouds.ts";
import { openProgram } from "../program.ts";
import { makeReader } from "../reader.ts";
import { expectFailed } from "../run-report.ts";
import type { Stage } from "../stage.ts";
import { bootFrom, inventory, makeServer, makeVolume } from "../support.ts";

const SERVER = ["--server-image", bootFrom.image, "--server-flavor", bootFrom.flavor];
const ACTS = [
  "register an image",
  "upload 4 KiB to it",
  "add a tag to it and remove it",
  "give it a property",
  "hide it",
  "make it community",
  "make a volume of 1 GiB",
  "make a snapshot of it",
  "make a server",
  "stop it",
  "take an image of it",
  "start it",
].map((act) => `${act}: done`);

type Document = z.infer<typeof doctorDocument>;
const findingsOf = (document: Document): FindingView[] =>
  document.clouds.flatMap(({ findings }) => findings);

/** Before the first night: what doctor finds in a real cloud, and what a run is not allowed to begin. */
export function doctorScenarios(stage: Stage): void {
  it("doctor --act proves the rights of a member, and leaves nothing", async () => {
    await using scene = await stage.scene("doctor");
    await makeServer(scene.cloud, scene.name);
    const recipes = scene.recipes({ server: scene.name, image: { visibility: "community" } });
    await using regild = openProgram(recipes);

    const { status, document } = await regild.doctor("--act", "--yes", ...SERVER);

    const findings = findingsOf(document);
    expect(findings.filter(({ state }) => state === "problem")).toEqual([]);
    expect(status).toBe(0);
    expect(findings.map(({ message }) => message)).toEqual(expect.arrayContaining(ACTS));
    expect(findings).toContainEqual(
      expect.objectContaining({ state: "ok", field: `${scene.name}.server` }),
    );
    await expectNothingLeft(scene.cloud, document);
  });

  it("a visibility that is not allowed: doctor says so, and a run does not stop the server", async () => {
    await using scene = await stage.scene("public");
    await makeServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const fields = {
      server: scene.name,
      prepare: { stop_server: true },
      image: { visibility: "public" },
    };
    await using regild = openProgram(scene.recipes(fields));
    const { status, document } = await regild.doctor();
    expect(status).toBe(7);
    expect(findingsOf(document).filter(({ state }) => state === "problem")).toMatchObject([
      { field: `${scene.name}.image.visibility` },
    ]);

    const run = await (await scene.regild(fields)).refresh();

    expectFailed(run, {
      code: "visibility-refused",
      message: "publicize_image",
      remedy: "private or shared",
    });
    expect(run.stoppedAtMs).toBeNull();
    expect(await scene.inventory()).toEqual(before);
  });

  it("a volume that is nowhere is found before the first night", async () => {
    await using scene = await stage.scene("unfound");
    await makeVolume(scene.cloud, `${scene.name}-other`);
    await using regild = openProgram(scene.recipes({ volume: scene.name }));
    const { status, document } = await regild.doctor();
    expect(status).toBe(7);
    expect(findingsOf(document)).toContainEqual(
      expect.objectContaining({ state: "problem", field: `${scene.name}.volume` }),
    );
  });

  /** Zed lets a reader change things, newer releases do not: either way doctor says what is so. */
  it.skipIf(stage.operator === null)("a reader does not pass, and leaves nothing", async () => {
    await using scene = await stage.scene("reader");
    await using reader = await makeReader(scene.cloud.projectId);
    const cloudsYaml = alteredClouds(scene.cloudName, ({ auth, ...entry }) => ({
      ...entry,
      auth: { ...auth, username: reader.username, password: reader.password },
    }));
    await using regild = openProgram({}, { cloudsYaml });

    const args = ["--cloud", scene.cloudName, "--act", "--yes"];
    const { status, document } = await regild.doctor(...args);

    expect(status).toBe(7);
    const problems = findingsOf(document).filter(({ state }) => state === "problem");
    expect(problems[0]).toMatchObject({
      area: "identity",
      remedy: "Ask the operator for the role member in this project",
    });
    for (const { remedy, request_ids: ids } of problems.slice(1)) {
      expect(remedy).toMatch(/policy rule (add_image|volume:create) /);
      expect(ids).toHaveLength(1);
    }
    await expectNothingLeft(scene.cloud, document);
  });

  async function expectNothingLeft(
    cloud: Parameters<typeof inventory>[0],
    document: Document,
  ): Promise<void> {
    const last = findingsOf(document).at(-1);
    expect(last).toMatchObject({ state: "ok", area: "clean-up" });
    const mark = /regild-doctor-[\w-]+?(?=-…)/.exec(last?.message ?? "")?.[0] ?? "no name";
    expect(mark).toMatch(/^regild-doctor-\d{8}/);
    const left = await inventory(cloud, mark);
    expect(Object.values(left).flat()).toEqual([]);
  }
}
