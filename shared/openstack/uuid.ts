/** With or without dashes. A name may look like one too, so an id that is not found is looked for as a name. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text);
}
