/** Text as it is written here, for commander to break into lines as wide as the terminal; empty lines stay. */
export function prose(text: string): string {
  return text.replaceAll(/(?<!\n)\n(?!\n)/g, " ");
}
