import { INPUT_REFERENCE } from "./field.ts";

/** Stands for the id of a commit where a start is about none, as one by schedule. */
export const NO_COMMIT = "none";

/** SHA-1 or SHA-256, written out: GitHub and GitLab take no short one for a status. */
const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/** An owner or groups, and a name. No part is `.` or `..`, which a URL would take for a step. */
const REPOSITORY = /^(?!\.{1,2}\/)[\w.-]{1,100}(\/(?!\.{1,2}(\/|$))[\w.-]{1,100}){1,10}$/;

/** Continues a sentence that begins with the repository; null: it is one. */
function repositoryProblem(repository: string): string | null {
  return REPOSITORY.test(repository) ? null : "is no repository. Write for example example/web";
}

function shaProblem(sha: string): string | null {
  return sha === NO_COMMIT || SHA.test(sha)
    ? null
    : "is not the whole id of a commit. Send all 40 characters of it";
}

/** @returns a sentence that begins with the field; null: a status can be shown there. Never quotes: a sender wrote it. */
export function commitProblem(is: { repository: string; sha: string }): string | null {
  const ofSha = shaProblem(is.sha);
  if (ofSha !== null) return `sha ${ofSha}`;
  const ofRepository = is.sha === NO_COMMIT ? null : repositoryProblem(is.repository);
  return ofRepository === null ? null : `repository ${ofRepository}`;
}

/** The same of texts with inputs, whose values are not known yet. */
export const repositoryTextProblem = (text: string): string | null =>
  textProblem(text, "a/b", repositoryProblem);
export const shaTextProblem = (text: string): string | null =>
  textProblem(text, NO_COMMIT, shaProblem);

function textProblem(
  text: string,
  value: string,
  problemIn: (filled: string) => string | null,
): string | null {
  const filled = text.replaceAll(INPUT_REFERENCE, value);
  if (filled.includes("${{")) return "holds a variable that is no input. Write ${{ inputs.NAME }}";
  // Several inputs, or one beside other text, make a text that only the start knows.
  return filled === text || filled === value ? problemIn(filled) : null;
}
