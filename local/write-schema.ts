import { writeFileSync } from "node:fs";
import { recipesJsonSchema } from "../shared/recipe/json-schema.ts";

writeFileSync(new URL("../recipes.schema.json", import.meta.url), recipesJsonSchema());
