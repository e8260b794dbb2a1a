import * as z from "zod/mini";
import { recipesFile } from "./schema.ts";

/**
 * The JSON Schema by which editors complete and check recipe files. Draft 7, as that is what YAML
 * language servers know best. It knows each field by itself; `loadRecipes` knows what goes together.
 */
export function recipesJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(recipesFile, { io: "input", target: "draft-07" });
  const document = { $schema, title: "Regild recipes", ...schema };
  return `${JSON.stringify(document, null, 2)}\n`;
}
