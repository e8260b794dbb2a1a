import * as z from "zod/mini";
import { Refusal, type Answer } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { isoSeconds } from "../times.ts";
import { isByIms, ownImage, shownImage } from "./access.ts";

const newMember = z.object({ member: z.string().check(z.minLength(1)) });
const memberStatus = z.object({ status: z.enum(["pending", "accepted", "rejected"]) });

export function listMembers(call: Call): Answer {
  const image = shownImage(call);
  const me = callerOf(call).project.id;
  const seen = [...image.members.keys()].filter((id) => image.projectId === me || id === me);
  return {
    status: 200,
    body: { members: seen.flatMap((id) => bodies(image, id)), schema: "/v2/schemas/members" },
  };
}

export function addMember(call: Call): Answer {
  const image = ownImage(call);
  const parsed = newMember.safeParse(call.body);
  if (!parsed.success) throw new Refusal(400, "Expected a member to add.");
  const { member } = parsed.data;
  if (image.visibility !== "shared" && !isPrivateByIms(image)) {
    throw new Refusal(403, `Not allowed to create members for image ${image.id}.`);
  }
  if (image.members.has(member)) {
    throw new Refusal(409, `Member ${member} is duplicated for image ${image.id}`);
  }
  const nowMs = call.world.nowMs;
  image.members.set(member, { status: "pending", createdAtMs: nowMs, updatedAtMs: nowMs });
  image.visibility = "shared";
  return { status: 200, body: memberBody(image, member) };
}

/** Only the member itself says yes or no. */
export function answerAsMember(call: Call): Answer {
  const image = shownImage(call);
  const id = call.params["member"] ?? "";
  const member = image.members.get(id);
  if (member === undefined) throw missing(image, id);
  if (callerOf(call).project.id !== id) {
    throw new Refusal(403, `Not allowed to update members for image ${image.id}.`);
  }
  const parsed = memberStatus.safeParse(call.body);
  if (!parsed.success) {
    const known = 'Status must be "pending", "accepted" or "rejected".';
    throw new Refusal(400, `Incorrect request: ${known}`);
  }
  member.status = parsed.data.status;
  member.updatedAtMs = call.world.nowMs;
  return { status: 200, body: memberBody(image, id) };
}

export function removeMember(call: Call): Answer {
  const image = ownImage(call);
  const id = call.params["member"] ?? "";
  const member = image.members.get(id);
  if (member === undefined) throw missing(image, id);
  const left = (member.times ?? 1) - 1;
  if (left > 0) member.times = left;
  else image.members.delete(id);
  if (image.members.size === 0 && isByIms(image)) image.visibility = "private";
  return { status: 204 };
}

/** IMS shares private images, and lists them as shared from then on. */
function isPrivateByIms(image: Image): boolean {
  return image.visibility === "private" && isByIms(image);
}

function bodies(image: Image, id: string): object[] {
  const { times = 1 } = image.members.get(id) ?? {};
  return Array.from({ length: times }, () => memberBody(image, id));
}

function missing(image: Image, id: string): Refusal {
  return new Refusal(404, `${id} not found in the member list of the image ${image.id}.`);
}

function memberBody(image: Image, id: string): Record<string, unknown> {
  const member = image.members.get(id);
  return {
    member_id: id,
    image_id: image.id,
    status: member?.status,
    created_at: isoSeconds(member?.createdAtMs ?? 0),
    updated_at: isoSeconds(member?.updatedAtMs ?? 0),
    schema: "/v2/schemas/member",
  };
}
