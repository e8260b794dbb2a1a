import type { Difference } from "../../../shared/commands/clean-up/make-plan.ts";
import type { CleanUpDocument, CleanUpRowView } from "../../view/clean-up.ts";
import { counted } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "WHAT", give: "never" },
  { name: "KIND", give: "never" },
  { name: "ID", give: "never" },
  { name: "NAME", give: "name", leave: 2 },
  { name: "GIB", give: "never", leave: 3 },
  { name: "RECIPE", give: "name", leave: 1 },
  { name: "WHERE", give: "text", leave: 0 },
  { name: "WHY", give: "text" },
];

export const NOTHING = "There is nothing to clean up, and nothing to report.";

export function cleanUpSheet(rows: readonly CleanUpRowView[]): Sheet {
  return {
    columns: COLUMNS,
    rows: rows.map((row) => [
      row.fate,
      row.kind,
      row.id,
      row.name === "" ? "–" : row.name,
      row.size_gib === null ? "–" : String(row.size_gib),
      row.recipe ?? "–",
      whereText(row),
      whyText(row),
    ]),
  };
}

export function whereText({ cloud, services }: CleanUpRowView): string {
  return [cloud, ...(services.length > 0 ? [services.join(", ")] : [])].join(": ");
}

export function whyText({ fate, why, in_use_by: users }: CleanUpRowView): string {
  return fate === "report" && users.length > 0
    ? `${why}, used by ${users.slice(0, 3).join(", ")}`
    : why;
}

/** What the plan deletes: `1 image, 2 snapshots`, or `nothing`. */
export function deletesText({ rows }: Pick<CleanUpDocument, "rows">): string {
  const kinds = (["image", "snapshot", "volume", "server", "backup"] as const).flatMap((kind) => {
    const count = rows.filter((row) => row.fate === "delete" && row.kind === kind).length;
    return count === 0 ? [] : [counted(count, kind)];
  });
  return kinds.length === 0 ? "nothing" : kinds.join(", ");
}

export function summaryText(document: CleanUpDocument): string {
  const { counts, freed_gib: freed } = document;
  return `Delete ${deletesText(document)}: frees ${freed} GiB. Keep ${counts.keep}, report ${counts.report}.`;
}

export function cleanUpText(document: CleanUpDocument, width: number): string[] {
  const { rows, counts } = document;
  if (rows.length === 0) return [NOTHING];
  return [
    ...sheetText(cleanUpSheet(rows), width),
    "",
    summaryText(document),
    ...(counts.delete === 0 ? [] : [`Plan ${document.plan}`]),
  ];
}

/** One line for each row that would read otherwise. */
export function differenceText({ planned, found }: Difference): string {
  const { kind, id } = planned ?? found ?? { kind: "", id: "" };
  const text = (row: Difference["found"], none: string) =>
    row === null ? none : `${row.fate} (${row.why})`;
  return `${kind} ${id}: planned ${text(planned, "nothing")}, now ${text(found, "it is not there")}`;
}
