import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import { cloudsFile, signIn } from "./sign-in.ts";

export interface UploadKnobs {
  queuedSeconds?: number;
  savingSeconds?: number;
  broken?: boolean;
}

/** What only the lab's operator can do to it. On any other cloud these tests have no operator. */
export interface Operator {
  /** From now on; an upload under way keeps its pace. No argument: quick and whole again. */
  uploads(knobs?: UploadKnobs): void;
  /** Of a project, in the volume service; -1 is no limit. */
  volumeQuota(projectId: string, quota: { volumes?: number; snapshots?: number }): Promise<void>;
  /** A server in `ERROR`, or out of it again. */
  serverState(serverId: string, state: "active" | "error"): Promise<void>;
  /** As when its guest powers itself off: Nova is not asked, and sees it by itself. */
  powerOff(serverId: string): Promise<void>;
  /** Whether uploads of volumes in use may be forced. Restarts the volume API: three seconds. */
  forcedUploads(allowed: boolean): void;
  /** Life of the tokens issued from now on; null: a day. Restarts Keystone: three seconds. */
  tokenLife(seconds: number | null): void;
}

const instance = z.object({ server: z.object({ "OS-EXT-SRV-ATTR:instance_name": z.string() }) });

const POWER_OFF =
  "import libvirt, sys; libvirt.open(sys.argv[1]).lookupByName(sys.argv[2]).destroy()";

/** @returns null: the cloud under test is not the lab. */
export function operator(): Operator | null {
  const labDir = dirname(cloudsFile());
  const knobsFile = join(labDir, "etc/upload.conf");
  if (!existsSync(knobsFile)) return null;

  const restart = (service: string, knobs: Record<string, string>): void => {
    const script = fileURLToPath(new URL("lab/restart", import.meta.url));
    execFileSync(script, [service], { env: { ...process.env, LAB_DIR: labDir, ...knobs } });
  };
  return {
    uploads({ queuedSeconds = 0, savingSeconds = 0, broken = false } = {}) {
      const knobs = {
        queued_seconds: queuedSeconds,
        saving_seconds: savingSeconds,
        fail: broken ? 1 : 0,
      };
      writeFileSync(
        knobsFile,
        Object.entries(knobs)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(""),
      );
    },
    async volumeQuota(projectId, quota) {
      const admin = await signIn("lab-admin");
      const path = `/os-quota-sets/${projectId}`;
      await admin.call({ service: "volume", method: "PUT", path, body: { quota_set: quota } });
    },
    async serverState(serverId, state) {
      const admin = await signIn("lab-admin");
      const path = `/servers/${serverId}/action`;
      await admin.call({
        service: "compute",
        method: "POST",
        path,
        body: { "os-resetState": { state } },
      });
    },
    async powerOff(serverId) {
      const admin = await signIn("lab-admin");
      const { json } = await admin.call({ service: "compute", path: `/servers/${serverId}` });
      const name = instance.parse(json).server["OS-EXT-SRV-ATTR:instance_name"];
      const uri = `qemu:///system?socket=${join(labDir, "run/libvirt-sock")}`;
      execFileSync("/usr/bin/python3", ["-c", POWER_OFF, uri, name]);
    },
    forcedUploads(allowed) {
      restart("cinder-api", { LAB_FORCE_UPLOAD: String(allowed) });
    },
    tokenLife(seconds) {
      restart("keystone", seconds === null ? {} : { LAB_TOKEN_SECONDS: String(seconds) });
    },
  };
}
