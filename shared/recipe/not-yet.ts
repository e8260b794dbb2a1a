/** Fields of later versions, by their last word, and what to do until then. */
const NOT_YET = new Map(
  Object.entries({
    approval: "Write promote: approve",
    approve: "Write promote: approve",
    availability_zones: "Write zones: and the image service of each (docs/zones.md)",
    current_name: "Find the current image by its tag, regild-current- and the recipe's name",
    notify: "Write notifications: [{ to: ops }] (docs/notifications.md)",
    "<<": "Write what recipes share into defaults",
  }),
);

export function notYet(field: string): string | null {
  const instead = NOT_YET.get(field);
  return instead === undefined ? null : `is not supported yet. ${instead}`;
}
