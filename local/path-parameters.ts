const PARAMETER = /^\{(\w+)\}$/;

interface Part {
  text: string;
  /** Undefined: the path has this very text. */
  name: string | undefined;
}

/** The parts of each route's path. */
const partsOfRoute = new Map<string, Part[]>();

function partsOf(route: string): Part[] {
  const known = partsOfRoute.get(route);
  if (known !== undefined) return known;
  const parts = route.split("/").map((text) => ({ text, name: PARAMETER.exec(text)?.[1] }));
  partsOfRoute.set(route, parts);
  return parts;
}

/**
 * @returns the part of the path for each name in braces. Null: another path.
 * @throws URIError
 */
export function parametersIn(path: string, pathname: string): Record<string, string> | null {
  const wanted = partsOf(path);
  const given = pathname.split("/");
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, { text, name }] of wanted.entries()) {
    const value = given[index] ?? "";
    if (name === undefined && value !== text) return null;
    if (name !== undefined && value === "") return null;
    if (name !== undefined) parameters[name] = decodeURIComponent(value);
  }
  return parameters;
}
