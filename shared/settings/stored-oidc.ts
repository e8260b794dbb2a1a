import { pathOf } from "../recipe/issues.ts";
import { pathText } from "../recipe/problem.ts";
import { type OidcSettings, oidcSection } from "./oidc.ts";

/** What a function cannot do: it has no files of the operator, and no variables but those of the stack. */
const ELSEWHERE = ["client_secret_file", "client_secret_env"] as const;

/**
 * The keys of `oidc` in regild.yml, as JSON, where a stack on AWS keeps them. `cacert` is PEM text there.
 * @param text empty: there is no provider.
 * @throws Error that names every problem, and no value.
 */
export function storedOidc(text: string): OidcSettings | null {
  if (text === "") return null;
  const read = oidcSection.safeParse(jsonIn(text));
  if (!read.success) {
    const problems = read.error.issues.map((issue) => {
      const what = issue.code === "unrecognized_keys" ? "holds an unknown key" : issue.message;
      return `oidc ${pathText(pathOf(issue.path))} ${what}`.replace("  ", " ");
    });
    throw new Error(problems.join("; "));
  }
  const { data } = read;
  for (const key of ELSEWHERE) {
    if (data[key] !== undefined) {
      throw new Error(`oidc ${key} is not possible on AWS. Write client_secret`);
    }
  }
  if (data.cacert !== undefined && !data.cacert.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error("oidc cacert is no PEM text. There are no files here: write the text itself");
  }
  return data;
}

/** What JSON itself says of a text quotes it. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("this is no JSON. docs/sign-in.md shows what to put there");
  }
}
