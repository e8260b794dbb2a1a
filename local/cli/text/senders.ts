import type { SenderView } from "../../view/senders.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "SENDER", give: "never" },
  { name: "SCHEME", give: "never" },
  { name: "SECRETS", give: "never" },
  { name: "STARTS", give: "text" },
];

export function sendersText(senders: SenderView[], width = Number.POSITIVE_INFINITY): string[] {
  if (senders.length === 0) return ["There are no senders."];
  return sheetText(sendersSheet(senders), width);
}

export function sendersSheet(senders: SenderView[]): Sheet {
  const rows = senders.map(({ name, scheme, secret_count: secrets, recipes }) => [
    name,
    scheme,
    String(secrets),
    recipes.join(", ") || "–",
  ]);
  return { columns: COLUMNS, rows };
}
