import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cloudsYaml } from "../../local/simulated-cloud/clouds-yaml.ts";
import type { Caller } from "../../local/simulated-cloud/identity-store.ts";
import { imagesDocument } from "../../local/view/images.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

/** Accepts images by itself. */
const OTHERS = "3f1c0c5f0a1e4a7ab0d51a1d6b0c9d11";

describe("images that are shared", { timeout: 60_000 }, () => {
  let place: Workplace;
  let consumer: Caller;
  beforeAll(async () => {
    place = await openWorkplace();
    consumer = place.cloud.operator.addProject("consumer", "consumer-secret");
    place.write("clouds.yaml", cloudsYaml(place.cloud, "demo"));
    place.write(
      "recipes.yml",
      `recipes: { web: { cloud: demo, server: web, image: { visibility: shared, unshare_retired: true,
        members: [${OTHERS}, { project: ${consumer.project.id}, cloud: consumer }] } } }`,
    );
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const made = () =>
    [...place.cloud.world.firstZone.images.values()].filter(({ name }) => name !== "base");
  const membersOf = (at: number) =>
    Object.fromEntries([...(made()[at]?.members ?? [])].map(([id, { status }]) => [id, status]));

  it("regild doctor compares the member's credentials with its id", async () => {
    const { out } = await place.regild("doctor");
    expect(out).toContain(`images are shared with ${consumer.project.id}, and accepted there`);
    expect(out).toContain("nobody can tell whether there is such a project");
  });

  it("go to each project at the promotion, and are taken back at retirement", async () => {
    const all = { [OTHERS]: "pending", [consumer.project.id]: "accepted" };
    const run = await place.regild("refresh", "web", "--wait");
    expect(run.out + run.err).toContain("shared with 2 projects");
    expect(membersOf(0)).toEqual(all);
    await place.regild("refresh", "web", "--wait");
    expect([membersOf(0), membersOf(1)]).toEqual([{}, all]);
    const { out } = await place.regild("images", "web");
    expect(out).toContain(`Shared with ${OTHERS} (pending)\n`);
    expect(out).toContain(`Shared with ${consumer.project.id} (accepted)\n`);
    const json = await place.regild("images", "web", "-o", "json");
    const document = imagesDocument.parse(JSON.parse(json.out));
    expect(document.images[0]?.shared_with).toEqual([OTHERS, consumer.project.id]);
    expect(document.members[0]).toEqual({ project: OTHERS, status: "pending", problem: null });
  });

  it("go with a rollback", async () => {
    await place.regild("rollback", "web");
    const all = { [OTHERS]: "pending", [consumer.project.id]: "accepted" };
    expect([membersOf(0), membersOf(1)]).toEqual([all, {}]);
  });

  it("a name in place of an id is a warning", async () => {
    const named = place.read("recipes.yml").replace(OTHERS, "consumer");
    place.write("named.yml", named);
    const { status, out, err } = await place.regild("recipes", "check", "--recipes", "named.yml");
    expect(status).toBe(0);
    expect(out + err).toContain("consumer does not look like a project's id");
  });
});
