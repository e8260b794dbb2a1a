import type { ExportFile } from "../image-jobs.ts";
import type { ImageExport, Run } from "./record.ts";

/**
 * The file that the run's image is exported to: one name for each image, so that no image is exported to two files.
 * Letters, digits and hyphens, as IMS allows (Image Management Service API reference, "Error Codes", IMG.0075). Null: it
 * is exported to none.
 */
export function exportFileOf({ recipe, recipeName, candidate }: Run): ExportFile | null {
  const { exportTo } = recipe;
  if (exportTo === undefined || candidate === null) return null;
  const { bucket, format } = exportTo;
  return { bucket, name: `${recipeName}-${candidate.id}.${format}`, format };
}

export function exportBegun(to: string, nowMs: number): ImageExport {
  const unanswered = { jobId: null, isUnsure: false, busyAtMs: null };
  return { to, askedAtMs: nowMs, ...unanswered, doneAtMs: null, problem: null };
}

/** True from the promotion until the export is done or given up. */
export function isToExport(run: Run): boolean {
  const { promoted, imageExport } = run;
  if (!promoted || exportFileOf(run) === null) return false;
  return (
    imageExport === undefined || (imageExport.doneAtMs === null && imageExport.problem === null)
  );
}

/** True while IMS may be at work on the export: that can take hours. */
export function isExporting(run: Run): boolean {
  return run.imageExport !== undefined && isToExport(run);
}

/** As IMS writes it. */
export function pathOf({ bucket, name }: ExportFile): string {
  return `${bucket}:${name}`;
}

/** What a run notes that ends before the export does. */
export function exportAtEnd(run: Run, why: string | null, nowMs: number): Partial<Run> {
  const file = exportFileOf(run);
  if (file === null || !isToExport(run)) return {};
  const problem = { message: why ?? "the run ended before", remedy: LOOK };
  return { imageExport: { ...(run.imageExport ?? exportBegun(pathOf(file), nowMs)), problem } };
}

export const LOOK =
  "Look into the bucket: IMS may still write the file. If it does not, export the image by hand";

/** The export that a run with a current image has given up, and why. Null: nothing is left to do. */
export function exportLeft({ candidate, imageExport }: Partial<Run>): string | null {
  if (imageExport?.problem == null) return null;
  return `image ${candidate?.id} is not exported to ${imageExport.to}: ${imageExport.problem.message}`;
}
