import * as z from "zod/mini";
import { type Answer, Refusal } from "../answers.ts";
import { callerOf, type Call } from "../call.ts";
import type { Image } from "../resources.ts";
import { propertiesOfIms } from "./copy-image.ts";
import { beginImages, nameProblem, newJob } from "./create-image.ts";
import { imsError, type ImsErrorCode } from "./errors.ts";
import { usedBy } from "./jobs.ts";

const body = z.looseObject({
  name: z.string(),
  region: z.string(),
  project_name: z.string(),
  agency_name: z.string(),
});

const TYPE = "imsCopyImageCrossRegionJob";
const AT_ONCE = 5;

/**
 * POST /v1/cloudimages/{id}/cross_region_copy: 200 with a job that makes another image of the same content in another
 * zone. The document names no codes for its constraints: what the request cannot have is IMG.0001 here, and what it
 * may have later IMG.0060.
 */
export function copyToRegion(call: Call): Answer {
  const { world, zone, params, body: asked } = call;
  const { imsQuota: quota } = world.settings;
  if (quota === null) throw new Refusal(404, "The resource could not be found.");
  const parsed = body.safeParse(asked);
  if (!parsed.success) return imsError("IMG.0001");
  const { name, region, project_name: project, agency_name: agency } = parsed.data;
  const source = zone.images.get(params["id"] ?? "");
  if (source?.projectId !== callerOf(call).project.id || source.status !== "active")
    return imsError("IMG.0144");
  const imageZone = world.zones.find((known) => known !== zone && known.name === region);
  const isOwnProject = project === callerOf(call).project.name;
  if (imageZone === undefined || !isOwnProject || !world.agencies.has(agency))
    return imsError("IMG.0001");
  const refused = sourceProblem(source) ?? placeProblem({ ...call, zone: imageZone }, quota, name);
  if (refused !== null) return imsError(refused);
  const job = newJob(call, { type: TYPE, names: [name], imageZone, backup: null });
  const properties = propertiesOfIms(source);
  world.after(world.settings.captureSeconds, () => beginImages(call, job, properties));
  return { status: 200, body: { job_id: job.id } };
}

function sourceProblem({ properties }: Image): ImsErrorCode | null {
  if (properties["__whole_image"] === "true") return "IMG.0130";
  return properties["__system__cmkid"] === undefined ? null : "IMG.0001";
}

/** @param there the call, as if it were made in the other zone. */
function placeProblem(there: Call, quota: number, name: string): ImsErrorCode | null {
  const { id } = callerOf(there).project;
  const underWay = [...there.world.imsJobs.values()].filter(
    ({ type, projectId, endAtMs }) => type === TYPE && projectId === id && endAtMs === null,
  );
  if (underWay.length >= AT_ONCE) return "IMG.0060";
  return nameProblem(there, name) ?? (usedBy(there) >= quota ? "IMG.0015" : null);
}
