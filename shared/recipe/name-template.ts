import { closest } from "./did-you-mean.ts";
import { hasStrayBraces, isNameVariable, NAME_VARIABLES, variablesIn } from "./image-name.ts";

const MAKES_UNIQUE = ["short_id", "seq", "run_id"];

/** Why a template can not name images; null: it can. Continues a sentence that begins with the template. */
export function templateProblem(template: string): string | null {
  if (template.trim() === "") return "is empty. Write a name with ${{ short_id }}";
  if (hasStrayBraces(template)) {
    return "has a variable that does not begin with ${{ or not end with }}. Write for example ${{ recipe }}";
  }
  const variables = variablesIn(template);
  for (const variable of variables) {
    if (isNameVariable(variable)) continue;
    if (variable.startsWith("inputs.")) continue; // a rule compares them with the recipe's inputs
    const meant = closest(variable, NAME_VARIABLES);
    return `has an unknown variable, ${JSON.stringify(variable)}. ${
      meant === null ? `There are ${NAME_VARIABLES.join(", ")}` : `Did you mean \${{ ${meant} }}?`
    }`;
  }
  return variables.some((variable) => MAKES_UNIQUE.includes(variable))
    ? null
    : "is not unique per run. Add ${{ short_id }} or ${{ seq }}";
}
