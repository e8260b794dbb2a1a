import * as z from "zod/mini";
import { comparableId } from "../cloud-ids.ts";
import { boolean, mapping, name, optional, rule } from "./field.ts";
import type { MergedFields } from "./complete.ts";
import type { Path } from "./problem.ts";
import type { Rule } from "./rule.ts";
import type { Sharing } from "./sharing.ts";

/** Kept with each image of the inventory, which stays a small record. */
const MOST_MEMBERS = 30;

const EXAMPLE = "members: [3f1c0c5f0a1e4a7ab0d51a1d6b0c9d11]";
const project = () => name("project: 3f1c0c5f0a1e4a7ab0d51a1d6b0c9d11");

const member = mapping(
  {
    project: project().check(z.meta({ description: "Its id, not its name" })),
    cloud: optional(name("cloud: consumer"), {
      description:
        "An entry of clouds.yaml with credentials of that project: to accept the image there, and to see who uses it",
    }),
    accept: optional(boolean(), {
      description: "With cloud: accept each image for the project, so that it is in its lists",
      default: true,
    }),
  },
  "{ project: PROJECT_ID, cloud: ENTRY }",
).check(
  rule(({ cloud, accept }) =>
    accept === true && cloud === undefined
      ? "can accept nothing without credentials of the project. Write cloud: and an entry of clouds.yaml"
      : null,
  ),
);

const members = z
  .array(
    z.union([project(), member], {
      error: `is neither a project's id nor a mapping. Write ${EXAMPLE}`,
    }),
    {
      error: `is not a list. Write ${EXAMPLE}`,
    },
  )
  .check(
    rule((list) => {
      if (list.length > MOST_MEMBERS)
        return `has ${list.length} projects, and ${MOST_MEMBERS} is the most. Take some out`;
      const ids = list.map((one) => comparableId(idOf(one)));
      const twice = list.find((one, at) => ids.indexOf(comparableId(idOf(one))) !== at);
      return twice === undefined ? null : `names project ${idOf(twice)} twice. Take one out`;
    }),
  );

function idOf(one: string | { project: string }): string {
  return typeof one === "string" ? one : one.project;
}

/** Keys of `image` that say which other projects get each image. */
export const sharing = {
  members: optional(members, {
    description:
      "With visibility: shared, the projects that get each image once it is current: ids, or mappings with credentials. []: none",
    examples: [["3f1c0c5f0a1e4a7ab0d51a1d6b0c9d11"]],
  }),
  unshare_retired: optional(boolean(), {
    description: "Take a retired image back from its members, once they have the next one",
    default: false,
  }),
};

export const MEMBER_KEYS = Object.keys(member.shape);

export function sharingOf({
  members: written = [],
  unshare_retired,
}: MergedFields["image"]): Sharing {
  return {
    members: written.map((one) => {
      const {
        project: id,
        cloud = null,
        accept = cloud !== null,
      } = typeof one === "string" ? { project: one } : one;
      return { project: id, cloud, accept };
    }),
    unshareRetired: unshare_retired ?? false,
  };
}

/** As Keystone makes them; some clouds write dashes. */
const PROJECT_ID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/;

const MEMBERS: Path = ["image", "members"];
const VISIBILITY: Path = ["image", "visibility"];

export const MEMBER_RULES: readonly Rule[] = [
  {
    fields: [MEMBERS, VISIBILITY],
    problemIn: ({ image: { members: written = [], visibility } }) =>
      written.length === 0 || visibility === "shared"
        ? null
        : `an image with visibility ${visibility} has no members. Write visibility: shared, or members: []`,
  },
  {
    fields: [["image", "unshare_retired"], MEMBERS],
    problemIn: ({ image }, own) =>
      own.image?.unshare_retired === true && (image.members ?? []).length === 0
        ? "takes nothing back where there are no members. Write members: and the projects"
        : null,
  },
  {
    // Glance takes any text, and the project that was meant never sees the image (findings/glance-takes-any-text-as-member.sh).
    fields: [MEMBERS],
    isWarning: true,
    problemIn({ image: { members: written = [] } }) {
      const odd = written.map(idOf).filter((id) => !PROJECT_ID.test(id));
      return odd.length === 0
        ? null
        : `${odd.join(", ")} does not look like a project's id (usually 32 characters, 0-9 and a-f). Glance takes any text, so a project that is written by its name never sees the image. Find the id: openstack project show NAME -f value -c id`;
    },
  },
];
