import * as z from "zod/mini";
import { MAX_REFERENCES } from "../bounds.ts";
import type { Server } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import { isCloudId } from "../cloud-ids.ts";
import { flagIn, isRaw, Odd, type Raw, statusIn, textIn, textsIn } from "./lenient.ts";

// Compute api-ref, "List Servers Detailed"; fields that old clouds leave out may be missing.

/** Any record; `oddFields` names what could not be read. */
export const serverEntry = z.pipe(
  z.unknown(),
  z.transform((entry): Server => readServer(entry)),
);

function readServer(entry: unknown): Server {
  const odd = new Odd();
  const raw: Raw = odd.or("record", isRaw(entry) ? entry : undefined, {});
  const read = <T>(field: string, reader: (value: unknown) => T | undefined, instead: T): T =>
    odd.or(field, reader(raw[field]), instead);
  return {
    id: read("id", idIn, ""),
    name: read("name", textIn, ""),
    status: read("status", statusIn, "unknown"),
    taskState: read("OS-EXT-STS:task_state", taskStateIn, null),
    imageId: read("image", imageIn, null),
    volumeIds: read("os-extended-volumes:volumes_attached", volumesIn, []),
    projectId: read("tenant_id", idIn, ""),
    // From 2.9.
    locked: raw["locked"] == null ? null : read("locked", flagIn, false),
    availabilityZone: textIn(raw["OS-EXT-AZ:availability_zone"]) || null,
    faultMessage: faultIn(raw["fault"]),
    addresses: addressesIn(raw["addresses"]),
    metadata: read("metadata", textsIn, {}),
    oddFields: odd.fields,
  };
}

/** The text of an id, or of none. */
function idIn(value: unknown): string | undefined {
  return isCloudId(value) ? value : undefined;
}

function taskStateIn(value: unknown): string | null | undefined {
  return value == null || value === "" ? null : statusIn(value);
}

/** `""` for a volume-backed server. */
function imageIn(value: unknown): string | null | undefined {
  if (value == null || value === "") return null;
  return isRaw(value) ? idIn(value["id"]) : undefined;
}

function volumesIn(value: unknown): string[] | undefined {
  if (value == null) return [];
  if (!Array.isArray(value) || value.length > MAX_REFERENCES) return undefined;
  const ids: string[] = [];
  for (const entry of value) {
    const id = isRaw(entry) ? entry["id"] : undefined;
    if (!isCloudId(id)) return undefined;
    ids.push(id);
  }
  return [...new Set(ids)];
}

/** By network, as text: whoever connects to one has to check it. */
function addressesIn(value: unknown): string[] {
  const found = new Set<string>();
  for (const list of isRaw(value) ? Object.values(value) : []) {
    for (const entry of Array.isArray(list) ? list.slice(0, MAX_REFERENCES) : []) {
      if (!isRaw(entry) || entry["OS-EXT-IPS:type"] === "floating") continue;
      const address = textIn(entry["addr"]) ?? "";
      if (/^[\da-fA-F.:]{3,45}$/.test(address)) found.add(address);
    }
  }
  return [...found];
}

function faultIn(value: unknown): string | null {
  const message = isRaw(value) ? textIn(value["message"]) : undefined;
  return message === undefined || message === "" ? null : cloudWords(message);
}
