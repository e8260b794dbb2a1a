import type { Image, ImageChange } from "../cloud-ports.ts";

export interface PatchOperation {
  op: "add" | "replace" | "remove";
  path: string;
  value?: string | number | boolean;
}

/**
 * What turns the image as last seen into the wished one; empty: it is so already. Glance applies all of
 * it or nothing. `remove` of a missing property would be a 409, so only what was seen is removed.
 */
export function imagePatch(image: Image, change: ImageChange): PatchOperation[] {
  const fields: Array<[string, string | number | boolean, string | number | boolean | undefined]> =
    [
      ["name", image.name, change.name],
      ["visibility", image.visibility, change.visibility],
      ["os_hidden", image.hidden, change.hidden],
      ["protected", image.protected, change.protected],
      ["min_disk", image.minDiskGib, change.minDiskGib],
      ["min_ram", image.minRamMib, change.minRamMib],
    ];
  const replaced = fields.flatMap(([field, seen, wished]): PatchOperation[] =>
    wished === undefined || wished === seen
      ? []
      : [{ op: "replace", path: `/${field}`, value: wished }],
  );
  const properties = Object.entries(change.properties ?? {}).flatMap(
    ([name, wished]): PatchOperation[] => {
      const seen = image.properties[name];
      const path = `/${pointer(name)}`;
      if (wished === null) return seen === undefined ? [] : [{ op: "remove", path }];
      return wished === seen ? [] : [{ op: "add", path, value: wished }];
    },
  );
  return [...replaced, ...properties];
}

/** RFC 6901. */
function pointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
