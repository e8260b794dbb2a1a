import { expect, it } from "vitest";
import { alteredClouds } from "../altered-clouds.ts";
import { proxyBefore } from "../endpoint-proxy.ts";
import { HOOK_SECRET, openHook, questionSchema } from "../guest-hook.ts";
import { isDisk, isImage } from "../lab-disks.ts";
import { hostKills } from "../host-kills.ts";
import { openProgram } from "../program.ts";
import { expectPrintedSuccess } from "../run-report.ts";
import { guestDisk, makeGuestImage } from "../self-stopping-guest.ts";
import type { Stage } from "../stage.ts";
import { makeServer, observe, until } from "../support.ts";

/** From the guest's boot. By then the hook has answered, twice killed. */
const OFF_AFTER_SECONDS = 180;
const SEEN_SAVING = { savingSeconds: 25 };

/** What Windows does after Sysprep: it writes to its disk, and powers itself off. */
export function preparedGuestScenarios(stage: Stage): void {
  it("a guest that prepares itself and powers itself off: its host is killed at every step, and nothing is lost", async () => {
    await using scene = await stage.scene("prepared");
    const { cloud, name } = scene;
    const base = await makeGuestImage(cloud, `${name}-base`, OFF_AFTER_SECONDS);
    const serverId = await makeServer(cloud, name, base);
    const before = await scene.inventory();
    expect(isDisk(serverId, guestDisk(OFF_AFTER_SECONDS, false))).toBe(true);

    const kills = hostKills(() => regild);
    const calls: string[] = [];
    const meet: Parameters<typeof proxyBefore>[1] = async ({ method, path, body }, forward) => {
      const call = /"(createImage|os-start|os-stop)"/.exec(body)?.[1] ?? "";
      const isTag = method === "PUT" && path.includes("/tags/regild-current");
      const step = isTag ? "tag" : call;
      if (step === "") return forward();
      calls.push(step);
      if (step !== "createImage" && (await kills.at(`${step}, not sent`))) return null;
      const answer = await forward();
      return (await kills.at(`${step}, not answered`)) ? null : answer;
    };
    await using compute = await proxyBefore(cloud.url("compute"), meet);
    await using image = await proxyBefore(cloud.url("image"), meet);
    const overrides = {
      compute_endpoint_override: compute.url,
      image_endpoint_override: image.url,
    };

    const asked: unknown[] = [];
    await using hook = await openHook(async (body) => {
      asked.push(body);
      return (await kills.at("hook, not answered")) ? null : 202;
    });
    const prepare = { wait_for_shutoff: "8m", hook: { to: "guest", timeout: "5m" } };
    await using regild = openProgram(scene.recipes({ server: name, prepare }), {
      cloudsYaml: alteredClouds(scene.cloudName, (entry) => ({ ...entry, ...overrides })),
      callbacks: { guest: { url: hook.url, secrets: [HOOK_SECRET], private_addresses: true } },
      env: { NODE_EXTRA_CA_CERTS: hook.cert },
    });
    await regild.serve();
    const runId = await stage.uploads.during(SEEN_SAVING, async () => {
      const { report } = await regild.run("refresh", name);
      await until("the hook to be asked again", async () => (asked.length > 1 ? true : null), 150);
      await kills.at("hook, to call back");
      await kills.serving();
      const { path, token } = questionSchema.parse(asked[0]).data.answer;
      const said = await regild.post(path, '{"ready": true}', { authorization: `Bearer ${token}` });
      expect(said.status).toBe(200);
      await until("the run to wait for the guest", async () => {
        // A host that was killed just now does not answer.
        const run = await regild.report(report.id).catch(() => null);
        return run?.events.some(({ message }) => message.includes("to power itself off")) === true
          ? true
          : null;
      });
      await kills.at("guest, not off yet");
      await until(
        "an image that is saved",
        async () => {
          const { images } = await scene.inventory();
          return images.some(({ status }) => status === "saving") ? true : null;
        },
        600,
      );
      await kills.at("upload, under way");
      return report.id;
    });
    await kills.untilEnded(runId);

    expectPrintedSuccess(await regild.ended(runId));
    expect(kills.places).toEqual([
      "hook, not answered",
      "hook, to call back",
      "guest, not off yet",
      "createImage, not answered",
      "upload, under way",
      "os-start, not sent",
      "os-start, not answered",
      "tag, not sent",
      "tag, not answered",
    ]);
    expect(new Set(asked.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(calls).not.toContain("os-stop");
    expect((await observe(cloud, "server", serverId))?.status).toBe("ACTIVE");
    const { images, ...others } = await scene.inventory();
    const made = images.filter(({ id }) => id !== base);
    expect(made).toEqual([
      expect.objectContaining({ status: "active", tags: [`regild-current-${name}`] }),
    ]);
    expect({ ...others, images: before.images }).toEqual(before);
    const prepared = guestDisk(OFF_AFTER_SECONDS, true);
    expect(isDisk(serverId, prepared)).toBe(true);
    expect(isImage(made[0]?.id ?? "", prepared)).toBe(true);
  });
}
