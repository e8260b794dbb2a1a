/** As RFC 4180 has it, with line feeds; a field is quoted where it must be. */
export function csvLine(fields: readonly string[]): string {
  return fields.map(field).join(",");
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
