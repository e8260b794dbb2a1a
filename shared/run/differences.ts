import type { Image } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import type { Approval } from "./record.ts";

type Difference = Approval["differences"][number];

/** Bounds that keep the record of a run small. */
const MOST = 50;
const LONGEST = 100;

/** Properties that differ between any two images and do not describe their content. */
const TECHNICAL =
  /^(regild_(?!version$)|block_device_mapping$|bdm_v2$|base_image_ref$|image_location$|owner_)/;

/**
 * The differences that a person sees who approves an image: age and size always, other fields only if they differ from
 * the current image. Times are RFC 3339, sizes are bytes.
 */
export function differencesOf(candidate: Image, current: Image | null): Difference[] {
  const differences: Difference[] = [
    difference("created_at", candidate, current, ({ createdAtMs }) =>
      createdAtMs === 0 ? null : new Date(createdAtMs).toISOString(),
    ),
    // Of an image with snapshots, Glance stores nothing: its size is no number of the disks.
    difference("size_bytes", candidate, current, ({ sizeBytes, snapshotIds }) =>
      snapshotIds.length > 0 ? null : textOf(sizeBytes),
    ),
  ];
  const others: Difference[] = [
    difference("snapshots", candidate, current, ({ snapshotIds }) => textOf(snapshotIds.length)),
    difference("min_disk", candidate, current, ({ minDiskGib }) => textOf(minDiskGib)),
    difference("min_ram", candidate, current, ({ minRamMib }) => textOf(minRamMib)),
    difference("disk_format", candidate, current, ({ diskFormat }) => diskFormat),
    difference("visibility", candidate, current, ({ visibility }) => visibility),
    ...propertyNames(candidate, current).map((name) =>
      difference(name, candidate, current, ({ properties }) => properties[name] ?? null),
    ),
  ];
  const differing = others.filter((each) => each.current !== each.candidate);
  return [...differences, ...(current === null ? [] : differing)].slice(0, MOST);
}

function propertyNames(candidate: Image, current: Image | null): string[] {
  const names = [...Object.keys(candidate.properties), ...Object.keys(current?.properties ?? {})];
  return [...new Set(names)].filter((name) => !TECHNICAL.test(name)).toSorted();
}

function difference(
  what: string,
  candidate: Image,
  current: Image | null,
  valueOf: (image: Image) => string | null,
): Difference {
  const value = (image: Image | null): string | null => {
    const text = image === null ? null : valueOf(image);
    return text === null ? null : cloudWords(text, LONGEST);
  };
  return {
    what: cloudWords(what, LONGEST),
    current: value(current),
    candidate: value(candidate),
  };
}

function textOf(number: number | null): string | null {
  return number === null ? null : String(number);
}
