import type { Rule } from "../shared/recipe/rule.ts";
import { isStreamed } from "../shared/recipe/zones.ts";

/** What recipes on AWS may not ask for, besides the rules that hold everywhere. */
export const AWS_RULES: readonly Rule[] = [
  {
    fields: [["zones"]],
    problemIn: ({ zones = {} }) => {
      const [streamed] = Object.entries(zones).find(([, zone]) => isStreamed(zone)) ?? [];
      return streamed === undefined
        ? null
        : `zone ${streamed} gets its copies from Regild itself, and a function on AWS ends long before a copy is sent. Write region_name and distribute: true, so that the zone's image service fetches them, or run this recipe by regild serve on a machine`;
    },
  },
];
