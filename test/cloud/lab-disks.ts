import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cloudsFile } from "./sign-in.ts";

/** Whether the disk of a server of the lab holds these bytes, and zeros after them. */
export function isDisk(serverId: string, bytes: Uint8Array): boolean {
  return isSame(join("instances", serverId, "disk"), bytes);
}

/** The same of an image in the lab's first image service. */
export function isImage(imageId: string, bytes: Uint8Array): boolean {
  return isSame(join("glance-az1/images", imageId), bytes);
}

/** Reads beside the server that runs. */
function isSame(disk: string, bytes: Uint8Array): boolean {
  const folder = mkdtempSync(join(tmpdir(), "regild-disk-"));
  try {
    const expected = join(folder, "expected");
    writeFileSync(expected, bytes);
    const files = [join(dirname(cloudsFile()), disk), expected];
    const { status, stderr } = spawnSync("qemu-img", ["compare", "-U", ...files], {
      encoding: "utf8",
    });
    if (status !== 0 && status !== 1) throw new Error(`qemu-img compare: ${stderr}`);
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
