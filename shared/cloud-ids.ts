/**
 * An id as it may enter a URL or a record. OpenStack ids are UUIDs: Glance takes them with dashes only
 * (glance/api/v2/images.py, get_base_properties), Nova and Cinder also without (oslo_utils.uuidutils.is_uuid_like),
 * and other clouds have made up their own. So letters, digits, `-` and `_` are taken, and nothing that has a meaning
 * in a path or a query.
 */
export function isCloudId(text: unknown): text is string {
  return typeof text === "string" && /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/.test(text);
}

/** Two spellings of one UUID are equal: Cinder's database ignores case, and dashes may be left out. */
export function comparableId(id: string): string {
  return id.trim().toLowerCase().replaceAll("-", "");
}

/** A part of a path. @throws RangeError: the part would name another path. */
export function segment(text: string): string {
  if (text === "" || text === "." || text === "..") {
    throw new RangeError(`"${text}" is no part of a path`);
  }
  return encodeURIComponent(text);
}

/** With or without dashes. A name may look like one too, so an id that is not found is looked for as a name. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text);
}
