import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
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

/** The same of a volume of the lab. */
export function isVolume(volumeId: string, bytes: Uint8Array): boolean {
  return isSame(join("volumes", `volume-${volumeId}`), bytes);
}

/** As a guest writes to the beginning of a volume of the lab that it has. */
export function writeToVolume(volumeId: string, bytes: Uint8Array): void {
  const file = openSync(join(dirname(cloudsFile()), "volumes", `volume-${volumeId}`), "r+");
  try {
    writeSync(file, bytes);
  } finally {
    closeSync(file);
  }
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
