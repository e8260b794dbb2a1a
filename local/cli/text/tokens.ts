import type { TokenView } from "../../view/tokens.ts";
import { clockCell } from "./format.ts";
import { type Column, type Sheet, sheetText } from "./sheet.ts";

const COLUMNS: Column[] = [
  { name: "TOKEN", give: "name" },
  { name: "ID", give: "never" },
  { name: "ROLE", give: "never" },
  { name: "RECIPES", give: "text" },
  { name: "STATE", give: "never" },
  { name: "EXPIRES", give: "never", leave: 2 },
  { name: "LAST USED", give: "never", leave: 1 },
];

export function tokensText(tokens: TokenView[], nowMs: number, width: number): string[] {
  if (tokens.length === 0) return ["There are no tokens."];
  return sheetText(tokensSheet(tokens, nowMs), width);
}

export function tokensSheet(tokens: TokenView[], nowMs: number): Sheet {
  const rows = tokens.map((token) => [
    token.name,
    token.id,
    token.role,
    token.recipes?.join(", ") ?? "all",
    token.state,
    token.expires_at === null ? "never" : clockCell(token.expires_at, nowMs),
    token.last_used_on ?? "never",
  ]);
  return { columns: COLUMNS, rows };
}
