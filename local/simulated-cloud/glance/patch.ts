import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import type { Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { isByIms, mayGive, ownImage } from "./access.ts";
import { imageBody } from "./image.ts";

const MEDIA_TYPE = "application/openstack-images-v2.1-json-patch";
const PROPERTY_QUOTA = 128;

const READ_ONLY = new Set([
  "id",
  "owner",
  "status",
  "checksum",
  "size",
  "virtual_size",
  "os_hash_algo",
  "os_hash_value",
  "created_at",
  "updated_at",
  "self",
  "file",
  "schema",
  "direct_url",
]);

const operations = z.array(
  z.object({
    op: z.string(),
    path: z.string().check(z.regex(/^\/./u)),
    value: z.optional(z.unknown()),
  }),
);

/** PATCH /v2/images/ID: all of it or nothing. */
export function patchImage(call: Call): Answer {
  const image = ownImage(call);
  if (call.headers["content-type"] !== MEDIA_TYPE) {
    const type = call.headers["content-type"] ?? "";
    const message = `The request media type ${type} is not supported by this server.`;
    throw new Refusal(415, message, { "accept-patch": MEDIA_TYPE });
  }
  const patch = operations.safeParse(call.body);
  if (!patch.success) {
    throw new Refusal(400, "Request body must be a JSON array of operation objects.");
  }
  const changed: Image = { ...image, properties: { ...image.properties }, tags: [...image.tags] };
  for (const { op, path, value } of patch.data) {
    const name = path.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");
    if (op !== "add" && op !== "replace" && op !== "remove") {
      const known = "It must be one of the following: add, remove, replace.";
      throw new Refusal(400, `Invalid operation: \`${op}\`. ${known}`);
    }
    applyOne(call, changed, op, name, value);
  }
  const count = Object.keys(changed.properties).length;
  if (count > PROPERTY_QUOTA) {
    const rule = "The limit has been exceeded on the number of allowed image properties.";
    throw new Refusal(413, `${rule} Attempted: ${count}, Maximum: ${PROPERTY_QUOTA}`);
  }
  Object.assign(image, changed, { updatedAtMs: call.world.nowMs });
  return { status: 200, body: imageBody(image) };
}

function applyOne(
  call: Call,
  image: Image,
  op: "add" | "replace" | "remove",
  name: string,
  value: unknown,
): void {
  if (name.startsWith("os_glance_")) throw new Refusal(403, `Attribute '${name}' is reserved.`);
  if (READ_ONLY.has(name)) throw new Refusal(403, `Attribute '${name}' is read-only.`);
  const setCore = CORE[name];
  if (setCore !== undefined) {
    if (op === "remove") throw new Refusal(403, `Property ${name} may not be removed.`);
    setCore(image, value, call);
    return;
  }
  if (op !== "add" && !(name in image.properties)) {
    throw new Refusal(409, `Property ${name} does not exist.`);
  }
  if (op === "remove") delete image.properties[name];
  else image.properties[name] = valid(z.string(), name, value);
}

const CORE: Record<string, (image: Image, value: unknown, call: Call) => void> = {
  name: (image, value) => {
    const name = valid(z.string(), "name", value);
    // The database refuses it, and nobody catches that.
    if (name.length > 255) throw new Refusal(500, "The server has either erred or is incapable.");
    image.name = name;
  },
  visibility: (image, value, call) => {
    const wanted = valid(z.enum(["public", "private", "shared", "community"]), "visibility", value);
    mayGive(call, wanted);
    if (isByIms(image)) throw new Refusal(403, "The visibility cannot be modified.");
    image.visibility = wanted;
  },
  protected: (image, value) => {
    image.protected = valid(z.boolean(), "protected", value);
  },
  os_hidden: (image, value) => {
    image.hidden = valid(z.boolean(), "os_hidden", value);
  },
  tags: (image, value) => {
    image.tags = [...new Set(valid(z.array(z.string().check(z.maxLength(255))), "tags", value))];
  },
  min_disk: (image, value) => {
    image.minDiskGib = valid(z.int().check(z.minimum(0)), "min_disk", value);
  },
  min_ram: (image, value) => {
    image.minRamMib = valid(z.int().check(z.minimum(0)), "min_ram", value);
  },
  disk_format: (image, value) => {
    onlyWhileQueued(image, "disk_format");
    image.diskFormat = valid(z.string(), "disk_format", value);
  },
  container_format: (image, value) => {
    onlyWhileQueued(image, "container_format");
    image.containerFormat = valid(z.string(), "container_format", value);
  },
};

function onlyWhileQueued(image: Image, name: string): void {
  if (image.status === "queued") return;
  throw new Refusal(403, `Attribute ${name} can be only replaced for a queued image.`);
}

function valid<Value>(schema: z.ZodMiniType<Value>, name: string, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, `Invalid value for '${name}': ${JSON.stringify(value)}`);
}
