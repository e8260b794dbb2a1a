import * as z from "zod/mini";
import type { Ids, Key, Store } from "../../shared/ports.ts";
import { load, update } from "../../shared/protocol/actor.ts";
import { type KeptPeople, newGeneration, type Person } from "./kept-people.ts";

const PK = "K#people";
const SOURCE: Key = { pk: PK, sk: "source" };

const personSchema = z.strictObject({
  schema: z.literal(1),
  claims: z.record(z.string(), z.unknown()),
  generation: z.string(),
  untilMs: z.int(),
});
const sourceSchema = z.strictObject({
  schema: z.literal(1),
  source: z.string(),
  generation: z.string(),
});

/** Kept in the store, for processes that share it. The record of a person goes when their last sign-in is over. */
export function storedPeople(deps: { store: Store; ids: Ids }): KeptPeople {
  return {
    get: async (key) => (await load(deps.store, keyOf(key), personSchema))?.doc ?? null,
    put: async (key, person: Person) => {
      const doc: z.infer<typeof personSchema> = { schema: 1, ...person };
      const shelf = { sweepAtMs: null, expiresAtMs: person.untilMs };
      await update(
        deps,
        keyOf(key),
        personSchema,
        doc,
        () => doc,
        () => shelf,
      );
      return true;
    },
    generation: async (source) => {
      const next: z.infer<typeof sourceSchema> = { schema: 1, source, generation: newGeneration() };
      const change = (is: typeof next) =>
        is.source === source && is.generation !== "" ? null : next;
      const none = { ...next, generation: "" };
      const shelf = () => ({ sweepAtMs: null, expiresAtMs: null });
      return (await update(deps, SOURCE, sourceSchema, none, change, shelf)).generation;
    },
  };
}

function keyOf(person: string): Key {
  return { pk: PK, sk: `person#${person}` };
}
