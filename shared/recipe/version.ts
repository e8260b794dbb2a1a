import { INPUT_REFERENCE } from "./field.ts";

/** As OCI tags and SemVer have it: it becomes part of an image's tag. */
const VERSION = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/;

/** Continues a sentence that begins with the version; null: an image can bear it. */
export function versionProblem(version: string): string | null {
  return VERSION.test(version)
    ? null
    : "is no version label. Write at most 128 of a-z, A-Z, 0-9, . _ + and -, a letter or digit first";
}

/** The same of a text with inputs, whose values are not known yet. */
export function versionTextProblem(text: string): string | null {
  const filled = text.replaceAll(INPUT_REFERENCE, "1");
  return filled.includes("${{")
    ? "holds a variable that is no input. Write ${{ inputs.NAME }}"
    : versionProblem(filled);
}
