import * as z from "zod/mini";
import type { Recipe } from "../../shared/recipe/recipe.ts";
import { type Sender, SCHEMES } from "../../shared/webhook/sender.ts";
import { listSchema, SCHEMA } from "./document.ts";

const senderSchema = z.strictObject({
  name: z.string(),
  scheme: z.enum(SCHEMES),
  /** How many are good: two while one takes the place of the other. */
  secret_count: z.int(),
  /** Those that it starts. */
  recipes: z.array(z.string()),
});
export type SenderView = z.infer<typeof senderSchema>;

export const sendersDocument = z.extend(listSchema, { senders: z.array(senderSchema) });

export function sendersPage(
  senders: ReadonlyMap<string, Sender>,
  recipes: ReadonlyMap<string, Recipe>,
): z.infer<typeof sendersDocument> {
  const views = Array.from(senders, ([name, { scheme, secrets }]): SenderView => {
    const started = [...recipes.values()].filter(({ webhook }) => webhook?.sender === name);
    const names = started.map((recipe) => recipe.name);
    return { name, scheme, secret_count: secrets.length, recipes: names };
  });
  return { schema: SCHEMA, senders: views, next: null };
}
