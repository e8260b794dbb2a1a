import type { Run } from "../../../shared/run/record.ts";
import type { Asked } from "./asked.ts";
import type { Case, Change, Rule } from "./rule.ts";

const EXPORT_JOB = "imsNativeExportImageJob";

/** An image is exported after its promotion, once, into one file, and its run says truly what came of that. */
export class Exports implements Rule {
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  request(asked: Asked): void {
    if (asked.kind !== "export") return;
    const { is } = this;
    const run = is.records.runs.all().find(({ candidate }) => candidate?.id === asked.image);
    if (run?.promoted !== true) is.broken("no image is exported before it is current", asked.image);
    if (run?.imageExport?.to !== asked.to)
      is.broken("an export is announced with its file", `${asked.image} to ${asked.to}`);
    if (is.strict && run?.intent?.kind !== "export-image")
      is.broken("within bounds, an export belongs to an open intent", asked.image);
  }

  run({ before, now }: Change<Run>): void {
    const isEnd = now.outcome === "succeeded" && before?.outcome === null;
    if (!isEnd || now.recipe.exportTo === undefined || now.candidate === null) return;
    const { is } = this;
    const { id, candidate, imageExport, leftovers } = now;
    const isThere = this.imageIn(imageExport?.to ?? "") === candidate.id;
    if (imageExport?.doneAtMs != null && !isThere)
      is.broken("no image is said to be exported that is not", `${id}: ${imageExport.to}`);
    if (imageExport?.problem?.message.includes("IMG.0070") === true && isThere)
      is.broken("no export fails because its file is there already", `${id}: ${imageExport.to}`);
    const isTold = leftovers.some((text) => text.includes("is not exported"));
    if (imageExport?.doneAtMs == null && !isTold)
      is.broken("a run says that its image is not exported", id);
  }

  end(): void {
    const { is } = this;
    const exported = [...is.cloud.world.imsJobs.values()].flatMap(({ type, status, parts }) =>
      type === EXPORT_JOB && status === "SUCCESS" ? (parts[0]?.imageId ?? []) : [],
    );
    for (const [imageId, { length }] of Map.groupBy(exported, (id) => id))
      if (length > 1) is.broken("an image is exported once", `${imageId}: ${length} times`);
  }

  private imageIn(to: string): string | null {
    const [bucket = "", file = ""] = to.split(":");
    return this.is.cloud.world.buckets.get(bucket)?.get(file)?.imageId ?? null;
  }
}
