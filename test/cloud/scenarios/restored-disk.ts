import { expect, it } from "vitest";
import * as z from "zod/mini";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore, type ProxiedRequest } from "../endpoint-proxy.ts";
import { HOOK_SECRET, openHook, questionSchema } from "../guest-hook.ts";
import { isImage, isVolume, writeToVolume } from "../lab-disks.ts";
import { hostKills } from "../host-kills.ts";
import { openProgram } from "../program.ts";
import { expectPrintedSuccess } from "../run-report.ts";
import type { TestCloud } from "../sign-in.ts";
import type { Stage } from "../stage.ts";
import { makeServer, makeVolumeBackedServer, observe, until, untilStatus } from "../support.ts";
import { QUICK } from "../upload-turns.ts";

/** A sector each, so that one takes the place of the other whole. */
const AS_FOUND = Buffer.alloc(512, "as the server had it. ");
const PREPARED = Buffer.alloc(512, "prepared for the image. ");

const volumeSchema = z.object({
  volume: z.object({
    id: z.string(),
    attachments: z.array(z.object({ server_id: z.string(), device: z.string() })),
  }),
});

async function makeDataDisk(cloud: TestCloud, name: string, serverId: string): Promise<string> {
  const { json } = await cloud.call({
    service: "volume",
    method: "POST",
    path: "/volumes",
    body: { volume: { name, size: 1 } },
  });
  const { id } = volumeSchema.parse(json).volume;
  await untilStatus(cloud, "volume", id, "available");
  writeToVolume(id, AS_FOUND);
  const path = `/servers/${serverId}/os-volume_attachments`;
  const body = { volumeAttachment: { volumeId: id } };
  await cloud.call({ service: "compute", method: "POST", path, body });
  await untilStatus(cloud, "volume", id, "in-use");
  return id;
}

async function attachmentsOf(cloud: TestCloud, id: string) {
  const { json } = await cloud.call({ service: "volume", path: `/volumes/${id}` });
  return volumeSchema.parse(json).volume.attachments;
}

/** The call that a host is killed at. Empty: none of these. */
function callOf({ method, path, body }: ProxiedRequest): string {
  if (path.includes("/os-volume_attachments"))
    return { DELETE: "detach", POST: "attach" }[method] ?? "";
  if (method === "POST" && path.endsWith("/snapshots")) return "snapshot";
  if (method === "PUT" && path.includes("/tags/regild-current")) return "tag";
  return /"(os-start|os-stop|os-volume_upload_image|revert)"/.exec(body)?.[1] ?? "";
}

export function restoredDiskScenarios(stage: Stage): void {
  it("a data disk is as it was after its image: its host is killed at every step, and nothing is lost", async () => {
    await using scene = await stage.scene("restored");
    const { cloud, name } = scene;
    const serverId = await makeServer(cloud, name);
    const volumeId = await makeDataDisk(cloud, name, serverId);
    const before = await scene.inventory();
    const attachments = await attachmentsOf(cloud, volumeId);
    expect(isVolume(volumeId, AS_FOUND)).toBe(true);

    const kills = hostKills(() => regild);
    const calls: string[] = [];
    const meet: Parameters<typeof proxyBefore>[1] = async (request, forward) => {
      const call = callOf(request);
      if (call === "") return forward();
      const step = call === "os-start" && calls.includes("attach") ? "last os-start" : call;
      calls.push(step);
      const isUnsent = step === "os-start" || step === "attach";
      if (isUnsent && (await kills.at(`${step}, not sent`))) return null;
      const answer = await forward();
      return !isUnsent && (await kills.at(`${step}, not answered`)) ? null : answer;
    };
    await using compute = await proxyBefore(cloud.url("compute"), meet);
    await using volume = await proxyBefore(cloud.url("volume"), meet);
    await using image = await proxyBefore(cloud.url("image"), meet);
    const overrides = {
      compute_endpoint_override: compute.url,
      volume_endpoint_override: volume.url,
      image_endpoint_override: image.url,
    };

    const asked: unknown[] = [];
    await using hook = await openHook(async (body) => {
      asked.push(body);
      writeToVolume(volumeId, PREPARED);
      return (await kills.at("hook, not answered")) ? null : 202;
    });
    const prepare = {
      wait_for_shutoff: "8m",
      hook: { to: "guest", timeout: "5m" },
      restore: "snapshot",
    };
    await using regild = openProgram(scene.recipes({ volume: name, prepare }), {
      cloudsYaml: alteredClouds(scene.cloudName, (entry) => ({ ...entry, ...overrides })),
      callbacks: { guest: { url: hook.url, secrets: [HOOK_SECRET], private_addresses: true } },
      env: { NODE_EXTRA_CA_CERTS: hook.cert },
    });
    await regild.serve();
    const runId = await stage.uploads.during(QUICK, async () => {
      const { report } = await regild.run("refresh", name);
      await until("the hook to be asked again", async () => (asked.length > 1 ? true : null), 500);
      await kills.serving();
      const { path, token } = questionSchema.parse(asked[0]).data.answer;
      const said = await regild.post(path, '{"ready": true}', { authorization: `Bearer ${token}` });
      expect(said.status).toBe(200);
      await until("the run to wait for the guest", async () => {
        const run = await regild.report(report.id).catch(() => null);
        return run?.events.some(({ message }) => message.includes("to power itself off")) === true
          ? true
          : null;
      });
      await stage.operator?.powerOff(serverId);
      await kills.untilEnded(report.id);
      return report.id;
    });

    expectPrintedSuccess(await regild.ended(runId));
    expect(kills.places).toEqual([
      "os-stop, not answered",
      "snapshot, not answered",
      "os-start, not sent",
      "hook, not answered",
      "detach, not answered",
      "os-volume_upload_image, not answered",
      "revert, not answered",
      "attach, not sent",
      "last os-start, not answered",
      "tag, not answered",
    ]);
    expect((await observe(cloud, "server", serverId))?.status).toBe("ACTIVE");
    expect(isVolume(volumeId, AS_FOUND)).toBe(true);
    expect(
      (await attachmentsOf(cloud, volumeId)).map(({ server_id, device }) => ({
        server_id,
        device,
      })),
    ).toEqual(attachments.map(({ server_id, device }) => ({ server_id, device })));
    const { images, ...others } = await scene.inventory();
    expect(images).toEqual([
      expect.objectContaining({ status: "active", tags: [`regild-current-${name}`] }),
    ]);
    expect({ ...others, images: [] }).toEqual(before);
    expect(isImage(images[0]?.id ?? "", PREPARED)).toBe(true);
  }, 1_800_000);

  it("a hook that has written to the disk and then refuses: the disk is put back, and nothing is left", async () => {
    await using scene = await stage.scene("unprepared");
    const { cloud, name } = scene;
    const serverId = await makeServer(cloud, name);
    const volumeId = await makeDataDisk(cloud, name, serverId);
    const before = await scene.inventory();
    await using hook = await openHook(async () => {
      writeToVolume(volumeId, PREPARED);
      return 409;
    });
    const prepare = { stop_server: true, hook: { to: "guest" }, restore: "snapshot" };
    await using regild = openProgram(scene.recipes({ volume: name, prepare }), {
      callbacks: { guest: { url: hook.url, secrets: [HOOK_SECRET], private_addresses: true } },
      env: { NODE_EXTRA_CA_CERTS: hook.cert },
    });
    await regild.serve();
    const { report } = await regild.run("refresh", name);
    const run = await regild.ended(report.id);
    expect(run.failure).toMatchObject({ code: "hook-refused" });
    expect(run.events.map(({ message }) => message)).toContain(`detaches ${name} from ${name}`);
    expect(isVolume(volumeId, AS_FOUND)).toBe(true);
    expect((await observe(cloud, "server", serverId))?.status).toBe("ACTIVE");
    expect(await scene.inventory()).toEqual(before);
  });

  it("a volume that a server boots from is refused, and nothing is touched", async () => {
    await using scene = await stage.scene("boot-disk");
    await makeVolumeBackedServer(scene.cloud, scene.name);
    const before = await scene.inventory();
    const prepare = { wait_for_shutoff: "5m", restore: "snapshot" };
    const regild = await scene.regild({ volume: `${scene.name}-boot`, prepare });
    const run = await regild.ended(await regild.start());
    expect(run.failure).toMatchObject({
      code: "restore-not-possible",
      message: expect.stringContaining("Nova detaches no root volume"),
    });
    expect(await scene.inventory()).toEqual(before);
  });
}
