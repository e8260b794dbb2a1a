import * as z from "zod/mini";
import type { Store } from "../ports.ts";
import { parseWake } from "./wake-message.ts";

const run = z.looseObject({ recipe: z.looseObject({ cloud: z.string() }) });
const source = z.looseObject({ cloud: z.string() });
const where = z.looseObject({ where: z.looseObject({ cloud: z.string() }) });
const head = z.looseObject({ images: z.array(where), parts: z.array(where) });

/** The cloud that the work on a message asks, as far as its record says; empty: nobody knows. */
export async function cloudAbout(store: Store, body: string): Promise<string> {
  const item = await store.get(parseWake(body).key);
  const doc: unknown = JSON.parse(item?.doc ?? "{}");
  const ofRun = run.safeParse(doc);
  if (ofRun.success) return ofRun.data.recipe.cloud;
  const ofSource = source.safeParse(doc);
  if (ofSource.success) return ofSource.data.cloud;
  const ofHead = head.safeParse(doc);
  const newest = ofHead.success
    ? (ofHead.data.images.at(-1) ?? ofHead.data.parts.at(-1))
    : undefined;
  return newest?.where.cloud ?? "";
}
