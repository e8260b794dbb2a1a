import type * as z from "zod/mini";
import type { doctorDocument, ExaminedCloud, FindingView } from "../../view/checks.ts";
import { printable } from "../../progress/text-line.ts";
import type { Paint } from "./paint.ts";
import { columns } from "./table.ts";

export function doctorText(
  { clouds, sign_in: signIn, warnings }: z.infer<typeof doctorDocument>,
  paint: Paint,
): string[] {
  return [
    ...clouds.flatMap((cloud, index) => [...(index === 0 ? [] : [""]), ...cloudText(cloud, paint)]),
    ...(signIn === null ? [] : ["", ...findingLines(signIn.issuer, signIn.findings, paint)]),
    ...warnings.map((warning) => `${paint("yellow", "!")} ${warning}`),
  ];
}

function cloudText(
  { cloud, region_name: region, findings }: ExaminedCloud,
  paint: Paint,
): string[] {
  return findingLines(region === null ? cloud : `${cloud} (${region})`, findings, paint);
}

function findingLines(title: string, findings: readonly FindingView[], paint: Paint): string[] {
  const rows = findings.flatMap((found) => [
    [sign(found, paint), found.area, messageOf(found)],
    ...(found.remedy === null ? [] : [["", "", printable(found.remedy)]]),
  ]);
  return [paint("bold", title), ...columns(rows)];
}

function sign({ state }: FindingView, paint: Paint): string {
  if (state === "ok") return paint("green", "✓");
  return state === "problem" ? paint("red", "✗") : paint("yellow", "?");
}

function messageOf({ field, message, request_ids: ids }: FindingView): string {
  const unsaid = ids.filter((id) => !message.includes(id));
  const told = unsaid.length === 0 ? message : `${message} (${unsaid.join(", ")})`;
  return printable(field === null ? told : `${field}: ${told}`);
}
