import type { PlantedBug } from "../bug.ts";

const UNSEEN = "no snapshot is deleted while something may name it unseen";

/** What strangers write on the same cloud, and what a hostile service answers, does no harm. */
export const STRANGERS: PlantedBug[] = [
  {
    name: "unreadable-taken-for-none",
    breaks: "An image whose block_device_mapping cannot be read is taken for one that names none",
    withinSeeds: 600,
    rules: [UNSEEN],
    edits: [
      {
        file: "shared/image/resources-seen.ts",
        find: "        if (image.oddField !== null) unread.add(unreadImage(image, image.oddField));\n",
        replace: "",
      },
    ],
  },
  {
    name: "half-list-taken-for-whole",
    breaks: "A list that is given up before its end is taken for all there is",
    withinSeeds: 300,
    rules: [UNSEEN],
    edits: [
      {
        file: "shared/openstack/pages.ts",
        find: "    if (problem !== null) throw incomplete(service, call.operation, read, problem);\n",
        replace: "    if (problem !== null) return items;\n",
      },
      {
        file: "shared/openstack/pages.ts",
        find: "      if (!isSlow) throw error;\n",
        replace: "      if (!isSlow) throw error;\n      return items;\n",
      },
    ],
  },
  {
    name: "lists-without-bounds",
    breaks: "A list is followed for as long as it leads on",
    withinSeeds: 200,
    rules: ["a list without an end is given up in time"],
    edits: [
      {
        file: "shared/openstack/pages.ts",
        find: "    if (problem !== null) throw incomplete(service, call.operation, read, problem);\n",
        replace: "",
      },
      {
        file: "shared/openstack/service.ts",
        find: "    if (this.now() >= this.#untilMs) throw outOfTime(this.kind, operation);\n",
        replace: "",
      },
    ],
  },
  {
    name: "ids-believed",
    breaks: "Whatever a cloud calls an id is put into URLs and records",
    withinSeeds: 200,
    rules: ["no id of a cloud leads elsewhere"],
    edits: [
      {
        file: "shared/cloud-ids.ts",
        find: '  return typeof text === "string" && /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/.test(text);',
        replace: '  return typeof text === "string";',
      },
      {
        file: "shared/cloud-ids.ts",
        find: "  return encodeURIComponent(text);",
        replace: "  return text;",
      },
    ],
  },
  {
    name: "reasons-whole",
    breaks: "What a cloud says is written into records as it comes",
    withinSeeds: 400,
    rules: ["a record fits into every store", "no text of a cloud steers a terminal"],
    edits: [
      {
        file: "shared/plain-text.ts",
        find: '  const line = steerless(text.slice(0, max * SURE_TO_HOLD)).replace(/ {2,}/g, " ");\n  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`;',
        replace: "  return max > 0 ? text : steerless(text.slice(0, SURE_TO_HOLD));",
      },
      {
        file: "shared/openstack/cloud-text.ts",
        find: "  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;",
        replace: "  return line;",
      },
    ],
  },
];
