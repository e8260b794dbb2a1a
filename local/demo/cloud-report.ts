import type { Run } from "../../shared/run/record.ts";
import { columns } from "../cli/text/table.ts";
import { counted } from "../cli/text/format.ts";
import { viewSteps, type StepView } from "../view/steps.ts";
import type { Call } from "../view/run.ts";

/** One sentence per step: which changes the cloud made, going by the calls that the run recorded. */
export function cloudReport(run: Run): string[] {
  const steps = viewSteps(run, run.endedAtMs ?? run.startedAtMs);
  return columns(steps.map((step) => [`  ${step.name}`, sentence(step, run.source?.name ?? "")]));
}

function sentence({ name, message, calls }: StepView, source: string): string {
  const changes = calls.filter(({ status }) => status !== null && status < 400);
  const deeds = [...Map.groupBy(changes, (call) => deedOf(call, name, source))].map(
    ([deed, { length }]) => (length === 1 ? deed : `${deed} (${counted(length, "call")})`),
  );
  if (name === "check-status" && deeds.length === 0)
    return `Glance took in the content of the new image: ${message}.`;
  return `${deeds.length === 0 ? `The cloud changed nothing: ${message}` : deeds.join("; ")}.`;
}

function deedOf({ method, service, path }: Call, step: StepView["name"], source: string): string {
  if (service === "compute" && path.endsWith("/action")) {
    if (step === "prepare-source") return `Nova stopped ${source}`;
    return step === "create-image" ? `Nova began an image of ${source}` : `Nova started ${source}`;
  }
  if (service === "volume" && path.endsWith("/action")) return `Cinder began to upload ${source}`;
  if (service === "volume" && method === "DELETE") {
    return path.includes("/snapshots/") ? "Cinder deleted a snapshot" : "Cinder deleted a volume";
  }
  if (path.includes("/tags/")) {
    const tag = `the tag ${decodeURIComponent(path.split("/").at(-1) ?? "")}`;
    return method === "PUT" ? `Glance set ${tag}` : `Glance removed ${tag}`;
  }
  if (service === "image" && method === "DELETE") return "Glance deleted the old image";
  if (service === "image" && method === "PATCH") return "Glance changed properties of an image";
  return `The ${service} service answered ${method} ${path}`;
}
