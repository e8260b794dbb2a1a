export interface Token {
  kind: "raw" | "literal" | "quoted" | "word" | "comparator" | "other";
  written: string;
}

/** Source: jmespath.org, specification, grammar. */
const TOKEN =
  /(?<raw>'(?:\\.|[^'\\])*')|(?<literal>`(?:\\.|[^`\\])*`)|(?<quoted>"(?:\\.|[^"\\])*")|(?<word>[A-Za-z_]\w*)|(?<comparator>[=!<>]=|[<>])|(?<other>&&|\|\||\[\?|-?\d+|\S)/gs;

const KINDS = ["raw", "literal", "quoted", "word", "comparator", "other"] as const;

/** @param expression a well-formed one. */
export function tokensOf(expression: string): Token[] {
  return Array.from(expression.matchAll(TOKEN), ({ 0: written, groups }): Token => {
    const kind = KINDS.find((each) => groups?.[each] !== undefined) ?? "other";
    return { kind, written };
  });
}
