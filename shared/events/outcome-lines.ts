import type { Item } from "../ports.ts";
import { readDocument } from "../read-document.ts";
import { type Run, runSchema } from "../run/record.ts";
import { type SourceItem, sourceSchema } from "../source/item.ts";
import { serversOf, stopAskedAtMs } from "../source/servers.ts";
import type { RegildEvent } from "./event.ts";
import { type Change, eventsOf } from "./events-of.ts";

/** What a line of the log says of an outcome. */
export interface OutcomeLine {
  message: string;
  fields: Record<string, string | null>;
}

/**
 * The lines that the log gets for a write of the store: a run ended, an image became current or was deleted, a server was
 * stopped or started. Mostly none. Field names are those of OpenTelemetry where it has one.
 * Source: OpenTelemetry semantic conventions 1.37, registry: event, cicd, host, cloud, error.
 * @throws Error for a record that cannot be read.
 */
export function outcomeLines(change: Change): OutcomeLine[] {
  return [...eventsOf(change).flatMap(lineOfEvent), ...ofServer(change)];
}

function lineOfEvent({ type, detail }: RegildEvent): OutcomeLine[] {
  const { recipe, cloud, region_name: region } = detail;
  const about = { "cicd.pipeline.name": recipe, "regild.cloud": cloud, "cloud.region": region };
  switch (type) {
    case "Image Promoted":
    case "Image Deleted": {
      const { run, image } = detail;
      const isPromoted = type === "Image Promoted";
      return line(isPromoted ? "image promoted" : "image deleted", {
        ...about,
        ...ofRun(run),
        "host.image.id": image.id,
        "host.image.name": image.name,
      });
    }
    case "Run Succeeded":
    case "Run Failed":
    case "Run Cancelled":
    case "Run Joined":
    case "Run Skipped": {
      const { run, outcome, image, failure } = detail;
      return line("run ended", {
        ...about,
        ...ofRun(run),
        "cicd.pipeline.result": RESULT[outcome ?? "failed"],
        "regild.run.outcome": outcome,
        ...(image !== null && { "host.image.id": image.id, "host.image.name": image.name }),
        ...(failure !== null && { "error.type": failure.code, "error.message": failure.message }),
      });
    }
    case "Run Started":
    case "Run Waiting For Approval":
    case "Image To Be Deleted":
    case "Current Image Unusable":
    case "Current Image Usable Again":
    case "Recipe Paused":
    case "Recipe Resumed":
      return [];
  }
}

/** Well-known values of `cicd.pipeline.result`. */
const RESULT: Record<NonNullable<Run["outcome"]>, string> = {
  succeeded: "success",
  failed: "failure",
  cancelled: "cancellation",
  joined: "skip",
  skipped: "skip",
};

/** By its run, or after the end of that run by the record of the source. */
function ofServer({ before, after }: Change): OutcomeLine[] {
  if (after === null || before?.version === after.version) return [];
  if (after.key.sk.startsWith("run#")) return ofServersOfRun(runIn(before), runIn(after));
  if (after.key.sk !== "lock") return [];
  const [was, is] = [sourceIn(before), sourceIn(after)];
  const isStarted =
    was !== null && was.owner === null && was.wishedPower !== null && is?.wishedPower === null;
  if (!isStarted || was.kind !== "server") return [];
  return line("source started", {
    "host.id": was.id,
    "regild.cloud": was.cloud,
    "cloud.region": was.region,
  });
}

function ofServersOfRun(before: Run | null, after: Run | null): OutcomeLine[] {
  if (after === null) return [];
  const isNewStop = (id: string) => before === null || stopAskedAtMs(before, id) === null;
  const isStarted = after.restoredAtMs !== null && before?.restoredAtMs == null;
  return serversOf(after).flatMap(({ id, name }) => {
    if (stopAskedAtMs(after, id) === null) return [];
    const about = {
      "host.id": id,
      "host.name": name,
      "cicd.pipeline.name": after.recipeName,
      ...ofRun(after.id),
      "regild.cloud": after.recipe.cloud,
      "cloud.region": after.recipe.region,
    };
    return [
      ...(isNewStop(id) ? line("source stopped", about) : []),
      ...(isStarted ? line("source started", about) : []),
    ];
  });
}

function ofRun(id: string): Record<string, string> {
  return { "cicd.pipeline.run.id": id };
}

/** `run ended` has the event name `regild.run.ended`. What is not known is left out. */
function line(message: string, fields: OutcomeLine["fields"]): OutcomeLine[] {
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  const name = `regild.${message.replace(" ", ".")}`;
  return [{ message, fields: { "event.name": name, ...Object.fromEntries(known) } }];
}

function runIn(item: Item | null): Run | null {
  return item === null ? null : readDocument(item.doc, runSchema);
}

function sourceIn(item: Item | null): SourceItem | null {
  return item === null ? null : readDocument(item.doc, sourceSchema);
}
