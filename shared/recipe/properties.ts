import * as z from "zod/mini";
import { INPUT_REFERENCE, rule, string } from "./field.ts";

/** Nova takes 128 at most with its own among them, and answers 500 beyond (seen on Zed). */
const MOST_PROPERTIES = 90;
/** Nova takes 255 characters; a byte less is safe everywhere. */
const LONGEST_VALUE_BYTES = 254;
/** Huawei and Open Telekom Cloud take less than 255 bytes; a key is ASCII. Source: "Creating an Image Using an ECS". */
const LONGEST_KEY = 254;

const ITS_OWN = "is written by Glance itself. Take it out";

/** Glance's own fields (Image API v2, image schema): as metadata of createImage some of them give a 500. */
const CORE_FIELDS = new Map([
  ["name", "is a field of its own. Write image.name"],
  ["visibility", "is a field of its own. Write image.visibility"],
  ["min_disk", "is a field of its own. Write image.min_disk"],
  ["min_ram", "is a field of its own. Write image.min_ram"],
  ["disk_format", "is a field of its own. Write image.disk_format"],
  ["container_format", "is chosen by the cloud. Take it out"],
  ["protected", "is a field of its own. Write image.protected"],
  ["tags", "is not supported yet: Regild's own tags show the image's state. Take it out"],
  ["os_hidden", "is set by Regild, once an image is retired. Take it out"],
  ...[
    "id",
    "status",
    "owner",
    "size",
    "virtual_size",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
    "created_at",
    "updated_at",
    "self",
    "file",
    "schema",
    "direct_url",
    "locations",
    "stores",
  ].map((field) => [field, ITS_OWN] as const),
  // Nova's, on images of volume-backed servers: they name the snapshots that the image consists of.
  ...["block_device_mapping", "bdm_v2", "root_device_name"].map(
    (field) => [field, "is written by Nova itself. Take it out"] as const,
  ),
]);

function keyProblem(key: string): string | null {
  const core = CORE_FIELDS.get(key);
  if (core !== undefined) return core;
  const lowerCase = key.toLowerCase();
  if (lowerCase.startsWith("regild_")) return "is kept for Regild. Take another key";
  if (lowerCase.startsWith("os_glance_")) return "is kept for Glance. Take another key";
  if (!/^[a-zA-Z0-9\-_:. ]+$/.test(key) || key.length > LONGEST_KEY) {
    return "is not a property key. Write 1 to 254 of a-z, A-Z, 0-9, - _ : . and blank";
  }
  return key === key.trim() ? null : "begins or ends with a blank. Take the blank away";
}

function valueProblem(value: string): string | null {
  if (value === "") return "is empty, which some clouds refuse. Write a value, or take it out";
  if (value.replaceAll(INPUT_REFERENCE, "").includes("${{")) {
    return "holds a variable that is no input. Write ${{ inputs.NAME }}, or write it out";
  }
  // 400 "can't contain 4 byte unicode characters" (Glance on MySQL, seen on Zed).
  if (/[\u{10000}-\u{10FFFF}]/u.test(value))
    return "holds an emoji (any character of 4 bytes). Take it out";
  const bytes = Buffer.byteLength(value, "utf8");
  if (bytes <= LONGEST_VALUE_BYTES) return null;
  return `is ${bytes} bytes long, and ${LONGEST_VALUE_BYTES} is the most. Shorten it`;
}

export const properties = z.record(
  z.string().check(rule(keyProblem)),
  string('text, in quotes: "yes", "20"').check(rule(valueProblem)),
  { error: "is not a mapping. Write properties: { os_distro: ubuntu }" },
);

/** What is wrong with the properties of an image together; null: nothing. */
export function propertiesProblem(all: Readonly<Record<string, string>>): string | null {
  const keys = Object.keys(all);
  if (keys.length > MOST_PROPERTIES) {
    return `${keys.length} properties are too many. Keep at most ${MOST_PROPERTIES}`;
  }
  // One that differs from another only in case is a 500 (Glance on MySQL, seen on Zed).
  const seen = new Map<string, string>();
  for (const [key, value] of Object.entries(all)) {
    // Inputs may have been filled in since each was checked.
    const problem = valueProblem(value);
    if (problem !== null) return `${key} ${problem}`;
    const twin = seen.get(key.toLowerCase());
    if (twin !== undefined)
      return `${twin} and ${key} are one key to some clouds. Keep one of them`;
    seen.set(key.toLowerCase(), key);
  }
  return null;
}
