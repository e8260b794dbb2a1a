const PARAMETER = /^\{(\w+)\}$/;

/**
 * @returns the part of the path for each name in braces. Null: another path.
 * @throws URIError
 */
export function parametersIn(path: string, pathname: string): Record<string, string> | null {
  const wanted = path.split("/");
  const given = pathname.split("/");
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    const name = PARAMETER.exec(part)?.[1];
    if (name === undefined && value !== part) return null;
    if (name !== undefined && value === "") return null;
    if (name !== undefined) parameters[name] = decodeURIComponent(value);
  }
  return parameters;
}
