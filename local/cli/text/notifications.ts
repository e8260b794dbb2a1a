import { NOTIFICATION_EVENTS } from "../../../shared/notification/event-names.ts";
import type { TargetView } from "../../view/notifications.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "TARGET", give: "never" },
  { name: "KIND", give: "never" },
  { name: "EVENTS", give: "text" },
  { name: "QUIET HOURS", give: "text" },
  { name: "TOLD BY", give: "text" },
];

export function targetsText(targets: TargetView[], width = Number.POSITIVE_INFINITY): string[] {
  if (targets.length === 0) return ["There are no targets."];
  return sheetText(targetsSheet(targets), width);
}

export function targetsSheet(targets: TargetView[]): Sheet {
  const rows = targets.map(({ name, kind, events, quiet_hours: quiet, recipes }) => [
    name,
    kind,
    events.length === NOTIFICATION_EVENTS.length ? "all" : events.join(", "),
    quiet ?? "–",
    recipes.join(", ") || "–",
  ]);
  return { columns: COLUMNS, rows };
}
