import { sourceOf } from "./complete.ts";
import { inputsIn, valueProblem } from "./inputs.ts";
import type { Rule } from "./rule.ts";

/** How a recipe uses its inputs. What they really are is checked when a run starts. */
export const INPUT_RULES: readonly Rule[] = [
  {
    fields: [
      ["image", "name"],
      ["image", "properties"],
      ["image", "version"],
      ["server"],
      ["volume"],
      ["inputs"],
      ["commit_status"],
    ],
    problemIn({ image, server, volume, inputs = {}, commit_status: commit }) {
      const ofCommit = [commit?.repository, commit?.sha];
      const ofImage = [image.name, image.version, ...Object.values(image.properties)];
      const texts = [...ofImage, server, volume, ...ofCommit];
      const used = texts.flatMap((text) => (text === undefined ? [] : inputsIn(text)));
      const unknown = used.find((input) => !Object.hasOwn(inputs, input));
      return unknown === undefined
        ? null
        : `uses \${{ inputs.${unknown} }}, and the recipe has no such input. Write inputs: { ${unknown}: { from: ${unknown} } }`;
    },
  },
  {
    fields: [["inputs"]],
    problemIn({ inputs = {} }) {
      for (const [input, { type = "string", pattern = null, ...is }] of Object.entries(inputs)) {
        const problem =
          is.default === undefined ? null : valueProblem(is.default, { type, pattern });
        if (problem !== null) return `the default of ${input} ${problem}`;
      }
      return null;
    },
  },
  {
    fields: [["inputs"], ["schedule"]],
    problemIn({ inputs = {}, schedule = [] }) {
      const needed = Object.entries(inputs).find(([, is]) => is.default === undefined);
      return needed === undefined || schedule.length === 0
        ? null
        : `${needed[0]} has no default, and the schedule starts runs that nobody tells it. Write a default, or take the schedule out`;
    },
  },
  {
    fields: [["server"], ["volume"], ["allow_source"]],
    problemIn(merged) {
      const source = sourceOf(merged);
      if (source === null || merged.allow_source !== undefined) return null;
      return inputsIn(source.idOrName).length === 0
        ? null
        : `comes from an input, and allow_source is missing. Say which ${source.kind}s a sender may name: allow_source: { name: "build-*", metadata: { purpose: golden } }`;
    },
  },
  {
    // One from `defaults` is for the recipes whose source is an input.
    fields: [["allow_source"], ["server"], ["volume"]],
    problemIn(merged, own) {
      const source = sourceOf(merged);
      if (source === null || own.allow_source === undefined) return null;
      return inputsIn(source.idOrName).length > 0
        ? null
        : `is for a source that is an input, and ${source.kind} names one. Take allow_source out, or write ${source.kind}: \${{ inputs.NAME }}`;
    },
  },
  {
    // One from `defaults` is for the recipes whose server is an input.
    fields: [["after_promote"], ["server"], ["volume"]],
    problemIn(merged, own) {
      const source = sourceOf(merged);
      if (source === null || own.after_promote === undefined) return null;
      if (source.kind === "volume") return "is for a server. Take after_promote out";
      return inputsIn(source.idOrName).length > 0
        ? null
        : "is for a server that a start names, and this one is the recipe's. Take after_promote out, or write server: ${{ inputs.NAME }} and allow_source";
    },
  },
];
