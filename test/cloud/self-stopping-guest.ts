import * as z from "zod/mini";
import { IMAGE_BYTES, type TestCloud } from "./sign-in.ts";
import { untilStatus } from "./support.ts";

const SECTOR = 512;
const DISK_BYTES = 4 << 20;
const TICKS_PER_SECOND = 18;

/**
 * A boot sector for the BIOS of a PC, as Sysprep behaves: it waits, writes `P` into the second sector, and has the BIOS
 * switch the machine off (Advanced Power Management 1.2, INT 15h, AX=5307h). If it finds that `P`, it halts and runs on.
 *
 * Read sector 2 to 7E00h. Is its first byte `P`: halt. Wait so many ticks of 046Ch. Write `P` and the sector back.
 * Connect to APM (AX=5301h), switch all devices off (AX=5307h, BX=1, CX=3).
 */
const CODE = Buffer.from(
  "31c08ed88ec08ed0bc007c52e83600803f50742d8b366c04fbf4a16c0429f03d555572f4c606007e50b80103e81900b801" +
    "5331dbcd15b80753bb0100b90300cd15faf4ebfcb801025f5a5257b600b90200bb007ecd13bb007ec3",
  "hex",
);
const TICKS_AT = CODE.indexOf(Buffer.from([0x55, 0x55]));

/** One bootable partition, from 1 MiB to the end: some releases of Nova and Glance refuse a disk without any. */
const PARTITION = Buffer.from("80feffff83feffff0008000000180000", "hex");

/** @param isPrepared as the guest leaves it. */
export function guestDisk(seconds: number, isPrepared: boolean): Buffer {
  const disk = Buffer.alloc(DISK_BYTES);
  CODE.copy(disk);
  disk.writeUInt16LE(seconds * TICKS_PER_SECOND, TICKS_AT);
  PARTITION.copy(disk, 446);
  disk.writeUInt16BE(0x55aa, SECTOR - 2);
  if (isPrepared) disk.write("P", SECTOR);
  return disk;
}

/** An image of such a guest, which powers itself off so long after its first boot. @returns its id. */
export async function makeGuestImage(
  cloud: TestCloud,
  name: string,
  seconds: number,
): Promise<string> {
  const body = {
    name,
    disk_format: "raw",
    container_format: "bare",
    min_disk: 1,
    hw_disk_bus: "virtio",
  };
  const made = await cloud.call({ service: "image", method: "POST", path: "/v2/images", body });
  const { id } = z.object({ id: z.string() }).parse(made.json);
  await cloud.call({
    service: "image",
    method: "PUT",
    path: `/v2/images/${id}/file`,
    contentType: IMAGE_BYTES,
    body: guestDisk(seconds, false),
  });
  await untilStatus(cloud, "image", id, "active");
  return id;
}
