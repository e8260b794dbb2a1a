import type { Edit } from "../simulation/planted-bugs/bug.ts";

/** Ways of having written the plan wrong. The model catches each. */
export const MISTAKES: Array<{ name: string; edit: Edit }> = [
  {
    name: "the second page of a list is not read",
    edit: {
      file: "shared/openstack/pages.ts",
      find: "if (page.next === null) return items;",
      replace: "if (page.next !== undefined) return items;",
    },
  },
  {
    name: "hidden images are not listed",
    edit: {
      file: "shared/openstack/images.ts",
      find: "return [...shown, ...hidden];",
      replace: "return [...shown, ...hidden.slice(hidden.length)];",
    },
  },
  {
    name: "images that are shared, and not accepted, are not listed",
    edit: {
      file: "shared/openstack/images.ts",
      find: '{ member_status: "all" }',
      replace: "{}",
    },
  },
  {
    name: "only one image service is asked",
    edit: {
      file: "shared/image/resources-seen.ts",
      find: "of await ctx.cloud.everyImageService()) {",
      replace: "of (await ctx.cloud.everyImageService()).slice(0, 1)) {",
    },
  },
  {
    name: "what somebody has protected again goes",
    edit: {
      file: "shared/image/protection.ts",
      find: `entry.protection?.state !== "lifted" && bearsMark`,
      replace: `entry.protection !== null && bearsMark`,
    },
  },
  {
    name: "an image in use goes",
    edit: {
      file: "shared/image/removal-plan.ts",
      find: "if (users.length > 0) plan.kept",
      replace: "if (users.length < 0) plan.kept",
    },
  },
  {
    name: "a snapshot goes though a volume was made from it",
    edit: {
      file: "shared/image/resource-removal.ts",
      find: "if (created.length > 0) {",
      replace: "if (created.length < 0) {",
    },
  },
  {
    name: "an image that cannot be read is taken to name nothing",
    edit: {
      file: "shared/image/resources-seen.ts",
      find: "if (image.oddField !== null) unread.add(",
      replace: 'if (image.oddField === "") unread.add(',
    },
  },
];
