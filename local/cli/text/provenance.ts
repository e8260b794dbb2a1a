import type { Check, ProvenanceView } from "../../view/provenance.ts";
import type { Paint } from "./paint.ts";

/** Who made what, and which checks hold. */
export function provenanceText(
  { recipe, image, verified, checks, statement }: ProvenanceView,
  paint: Paint,
): string[] {
  return [
    `Image     ${image.name} (${image.id}) of ${recipe}`,
    ...(statement === null ? [] : madeBy(statement)),
    ...checks.map((check) => checkLine(check, paint)),
    verified ? paint("green", "Verified.") : paint("red", "Not verified."),
  ];
}

function madeBy({ predicate }: NonNullable<ProvenanceView["statement"]>): string[] {
  const { externalParameters, internalParameters } = predicate.buildDefinition;
  const { builder, metadata, byproducts } = predicate.runDetails;
  const { source, trigger, inputs } = externalParameters;
  const version = builder.version === undefined ? "" : `, Regild ${builder.version.regild}`;
  const given = Object.entries(inputs).map(([name, value]) => `${name} = ${value}`);
  const tests = byproducts.filter(({ name }) => name === "test-boot").length;
  return [
    `Made by   run ${metadata.invocationId}${version}, ${metadata.finishedOn}`,
    `Asked by  ${trigger.by} (${trigger.kind})`,
    `Source    ${source.kind} ${source.name} (${source.id})`,
    `Recipe    ${externalParameters.recipe}, sha256 ${internalParameters.recipeDigest.sha256}`,
    ...(given.length === 0 ? [] : [`Inputs    ${given.join(", ")}`]),
    `Booted    ${tests === 0 ? "not tested" : `passed ${tests} test ${tests === 1 ? "boot" : "boots"}`}`,
  ];
}

const COLOURS = { ok: "green", problem: "red", unknown: "yellow" } as const;

function checkLine({ name, state, message }: Check, paint: Paint): string {
  return `${paint(COLOURS[state], state.padEnd(9))} ${name}: ${message}`;
}
