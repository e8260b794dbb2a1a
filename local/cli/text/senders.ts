import type { SenderView } from "../../view/senders.ts";
import { table } from "./table.ts";

const HEADER = ["SENDER", "SCHEME", "SECRETS", "STARTS"];

export function sendersText(senders: SenderView[]): string[] {
  if (senders.length === 0) return ["There are no senders."];
  const rows = senders.map(({ name, scheme, secret_count: secrets, recipes }) => [
    name,
    scheme,
    String(secrets),
    recipes.join(", ") || "–",
  ]);
  return table(HEADER, rows);
}
