import * as z from "zod/mini";
import { type Answer, Refusal } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { beginImages, nameProblem, newJob } from "./create-image.ts";
import { imsError } from "./errors.ts";
import { usedBy } from "./jobs.ts";

const body = z.looseObject({ name: z.optional(z.string()), cmk_id: z.optional(z.string()) });

/** POST /v1/cloudimages/{id}/copy: 200 with a job that makes another image of the same content. */
export function copyImage(call: Call): Answer {
  const { world, zone, params, body: asked } = call;
  if (world.settings.imsQuota === null) throw new Refusal(404, "The resource could not be found.");
  const parsed = body.safeParse(asked);
  if (!parsed.success) return imsError("IMG.0001");
  const { name, cmk_id: key } = parsed.data;
  const source = zone.images.get(params["id"] ?? "");
  if (source?.projectId !== callerOf(call).project.id || source.status !== "active")
    return imsError("IMG.0144");
  if (source.properties["__whole_image"] === "true") return imsError("IMG.0130");
  const refused = nameProblem(call, name);
  if (refused !== null) return imsError(refused);
  if (key !== undefined && !world.keys.has(key)) return imsError("IMG.0095");
  if (key !== undefined && key === source.properties["__system__cmkid"])
    return imsError("IMG.0096");
  if (usedBy(call) >= world.settings.imsQuota) return imsError("IMG.0015");
  const job = newJob(call, { type: "imsCopyImageInRegionJob", names: [name], backup: null });
  const properties = {
    ...propertiesOfIms(source),
    ...(key === undefined ? {} : { __system__cmkid: key }),
  };
  world.after(world.settings.captureSeconds, () => beginImages(call, job, properties));
  return { status: 200, body: { job_id: job.id } };
}

/** A copy has these of its source, and no others. */
export function propertiesOfIms({ properties }: Image): Record<string, string> {
  const ofIms = Object.entries(properties).filter(
    ([property]) => property.startsWith("__") || property === "virtual_env_type",
  );
  return Object.fromEntries(ofIms);
}
