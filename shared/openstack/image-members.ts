import * as z from "zod/mini";
import { segment } from "../cloud-ids.ts";
import type { ImageMember, ImageMembers } from "../image-members.ts";
import { CloudError } from "./errors.ts";
import { orGone, type Service } from "./service.ts";

/** An entry that cannot be read may be any member, so the list is not used. */
const memberList = z.looseObject({
  members: z.array(z.looseObject({ member_id: z.string(), status: z.string() })),
});

/** Members of an image in Glance. Source: Image API v2, "Sharing". */
export class GlanceMembers implements ImageMembers {
  readonly #glance: Service;

  constructor(glance: Service) {
    this.#glance = glance;
  }

  async members(imageId: string): Promise<ImageMember[]> {
    const answer = await this.#glance.send({
      operation: "listMembers",
      effect: "read",
      method: "GET",
      path: `/images/${segment(imageId)}/members`,
    });
    return answer
      .read(memberList)
      .members.map(({ member_id: project, status }) => ({ project, status }));
  }

  async add(imageId: string, project: string): Promise<boolean> {
    try {
      await this.#glance.send({
        operation: "addMember",
        effect: "repeatable",
        method: "POST",
        path: `/images/${segment(imageId)}/members`,
        body: () => ({ member: project }),
      });
      return true;
    } catch (error) {
      // 409: a member already.
      if (!(error instanceof CloudError) || error.code !== "conflict") throw error;
      return false;
    }
  }

  async accept(imageId: string, project: string): Promise<void> {
    await this.#glance.send({
      operation: "acceptImage",
      effect: "repeatable",
      method: "PUT",
      path: memberPath(imageId, project),
      body: () => ({ status: "accepted" }),
    });
  }

  remove(imageId: string, project: string): Promise<void> {
    return orGone(
      this.#glance.send({
        operation: "removeMember",
        effect: "repeatable",
        method: "DELETE",
        path: memberPath(imageId, project),
      }),
    );
  }
}

function memberPath(imageId: string, project: string): string {
  return `/images/${segment(imageId)}/members/${segment(project)}`;
}
