import { beforeAll, expect, it } from "vitest";
import { openClouds } from "../../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../../shared/openstack/config.ts";
import type { Cloud } from "../../../shared/cloud-ports.ts";
import { signInRaw, type RawCloud } from "../raw-cloud.ts";
import type { Stage } from "../stage.ts";
import { expectRefused } from "./expect-refused.ts";

const TIMING = { windowMs: 30_000, callTimeoutMs: 60_000, skewMs: 60_000, graceMs: 300_000 };

/** The port `ImageMembers`, with the credentials of the owner and of the member. */
export function membersContract(stage: Stage): void {
  const { other } = stage.target;
  if (other === null) return;
  const open = (config: CloudConfig): Cloud => {
    const deps = { http: () => stage.target.http, now: stage.target.now, timing: TIMING };
    const clouds = openClouds(new Map([[config.name, config]]), deps);
    return clouds.open({ cloud: config.name, region: null }, () => {});
  };
  const owner = open(stage.target.config);
  const member = open(other);
  let raw: RawCloud;
  let imageId = "";
  const listed = async (tag: string): Promise<number> => {
    const answer = await raw.call({ service: "image", path: `/v2/images?tag=${tag}` });
    return JSON.stringify(answer.json).split(imageId).length - 1;
  };
  beforeAll(async () => {
    raw = await signInRaw(stage.target.http, other);
    const tags = [stage.mark];
    imageId = await stage.makeImage(stage.name("members"), { visibility: "shared", tags });
  });

  it("a member is pending, sees the image by its id and not in its lists, until it accepts", async () => {
    const project = raw.projectId;
    expect(await owner.imageMembers.members(imageId)).toEqual([]);
    expect(await owner.imageMembers.add(imageId, project)).toBe(true);
    expect(await owner.imageMembers.add(imageId, project)).toBe(false);
    expect(await owner.imageMembers.members(imageId)).toEqual([{ project, status: "pending" }]);
    expect(await member.images.foreign(imageId)).toMatchObject({ id: imageId });
    expect(await listed(stage.mark)).toBe(0);
    await expectRefused(owner.imageMembers.accept(imageId, project), "forbidden");
    await member.imageMembers.accept(imageId, project);
    await member.imageMembers.accept(imageId, project);
    expect(await owner.imageMembers.members(imageId)).toEqual([{ project, status: "accepted" }]);
    expect(await listed(stage.mark)).toBeGreaterThan(0);
  });

  it("a member that is added again while it has accepted stays accepted", async () => {
    const project = raw.projectId;
    await owner.imageMembers.add(imageId, project);
    expect(await owner.imageMembers.members(imageId)).toEqual([{ project, status: "accepted" }]);
  });

  it("a member that is removed sees nothing any more; a second removal is done already", async () => {
    const project = raw.projectId;
    await owner.imageMembers.remove(imageId, project);
    await owner.imageMembers.remove(imageId, project);
    expect(await owner.imageMembers.members(imageId)).toEqual([]);
    expect(await member.images.foreign(imageId)).toBeNull();
  });
}
