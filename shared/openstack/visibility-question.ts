import * as z from "zod/mini";
import type { VisibilityAnswer } from "../cloud-ports.ts";
import { cloudWords } from "../plain-text.ts";
import { isCloudId, segment } from "../cloud-ids.ts";
import { CloudError } from "./errors.ts";
import { orGone, type Service } from "./service.ts";

const NAME = "regild-visibility-question";

const firstPage = z.looseObject({
  images: z.array(z.looseObject({ id: z.string().check(z.refine(isCloudId)) })),
});
const created = z.looseObject({ name: z.unknown(), status: z.unknown() });

/**
 * Asks by a create whose id is taken. Glance checks the policy of the visibility (publicize_image, communitize_image)
 * first, and answers 403. Only then it looks at the id, and answers 409. Either way it makes nothing. An id once used
 * stays taken, also if its image is deleted between the two calls.
 * Source: glance/api/v2/images.py, `ImagesController.create`; both answers seen on Zed.
 */
export async function askVisibility(
  glance: Service,
  visibility: string,
): Promise<VisibilityAnswer> {
  const listed = await glance.send({
    operation: "listImages",
    effect: "read",
    method: "GET",
    path: "/images",
    query: { limit: "1" },
  });
  const id = listed.read(firstPage).images[0]?.id;
  if (id === undefined)
    return { may: "unknown", why: "the image service shows no image whose id could be asked with" };
  try {
    await glance.send({
      operation: "createImage",
      effect: "read",
      method: "POST",
      path: "/images",
      body: () => ({ id, name: NAME, visibility }),
    });
  } catch (error) {
    return meaningOf(error);
  }
  await removeMade(glance, id);
  return { may: "yes" };
}

function meaningOf(error: unknown): VisibilityAnswer {
  if (!(error instanceof CloudError) || error.kind !== "refused") throw error;
  if (error.code === "conflict") return { may: "yes" };
  return { may: error.code === "forbidden" ? "no" : "unknown", why: cloudWords(error.message) };
}

/** No known image service takes an id twice. If one does, only a record that is ours by its name is removed. */
async function removeMade(glance: Service, id: string): Promise<void> {
  const path = `/images/${segment(id)}`;
  const seen = await glance.send({ operation: "getImage", effect: "read", method: "GET", path });
  const { name, status } = seen.read(created);
  if (name !== NAME || status !== "queued") return;
  await orGone(
    glance.send({ operation: "deleteImage", effect: "repeatable", method: "DELETE", path }),
  );
}
