import * as z from "zod/mini";
import { mapping, optional, rule, string } from "./field.ts";

const EXAMPLE = 'allow_source: { name: "build-*", metadata: { purpose: golden } }';
/** Nova's and Cinder's own bound on names, keys and values. */
const LONGEST = 255;

const short = (example: string) =>
  string(example).check(
    rule((text) => {
      if (text === "") return `is empty. Write ${example}`;
      return text.length > LONGEST
        ? `is over ${LONGEST} characters long, and no cloud has such a one. Shorten it`
        : null;
    }),
  );

/** Which servers or volumes a sender may name. A pattern that allows all of them is refused. */
export const allowSource = mapping(
  {
    name: optional(short('name: "build-*"'), {
      description: "The whole name; * stands for any characters, also none. Case counts",
      examples: ["build-*"],
    }),
    metadata: optional(
      z.record(short("a key, such as purpose"), short('a text, in quotes: "golden"'), {
        error: "is not a mapping. Write metadata: { purpose: golden }",
      }),
      {
        description: "Each key must be there, with this very value",
        examples: [{ purpose: "golden" }],
      },
    ),
  },
  EXAMPLE,
).check(
  rule(({ name = "*", metadata = {} }) =>
    /^\*+$/.test(name) && Object.keys(metadata).length === 0
      ? `allows every server of the project. Write a name pattern, metadata or both: ${EXAMPLE}`
      : null,
  ),
);
