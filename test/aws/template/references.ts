import { partsOf, type Resource, type Template } from "./compiled.ts";
import { attributesOf } from "./specification.ts";

interface Reference {
  to: string;
  attribute: string | null;
}

/** Every `Ref`, `Fn::GetAtt`, `${…}` of `Fn::Sub` and `DependsOn` names what there is, and none leads back to its start. */
export function unresolved(template: Template): string[] {
  const problems: string[] = [];
  const parts = [
    ...Object.entries(template.Resources).map(([id, is]) => [id, is] as const),
    ...Object.entries(template.Outputs).map(([id, is]) => [`output ${id}`, is] as const),
  ];
  for (const [id, part] of parts) {
    for (const { to, attribute } of referencesIn(part)) {
      const target = template.Resources[to];
      if (attribute === null) {
        const known = target !== undefined || to in template.Parameters || to.startsWith("AWS::");
        if (!known) problems.push(`${id}: nothing is named ${to}`);
      } else if (target === undefined) {
        problems.push(`${id}: no resource is named ${to}`);
      } else if (!attributesOf(target.Type).includes(attribute)) {
        problems.push(`${id}: ${target.Type} ${to} has no attribute ${attribute}`);
      }
    }
  }
  return [...problems, ...circles(template)];
}

function referencesIn(part: unknown): Reference[] {
  if (Array.isArray(part)) return part.flatMap(referencesIn);
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) => {
    if (key === "Ref") return [{ to: String(value), attribute: null }];
    if (key === "DependsOn") {
      return [value].flat().map((to) => ({ to: String(to), attribute: null }));
    }
    if (key === "Fn::GetAtt") {
      const [to = "", ...attribute] = Array.isArray(value) ? value : String(value).split(".");
      return [{ to: String(to), attribute: attribute.join(".") }];
    }
    if (key === "Fn::Sub") return referencesOfSub(value);
    return referencesIn(value);
  });
}

function referencesOfSub(value: unknown): Reference[] {
  const [text, variables = {}]: unknown[] = Array.isArray(value) ? value : [value];
  const own = partsOf(variables).map(([name]) => name);
  const named = [...String(text).matchAll(/\$\{(?!!)([^}]+)\}/g)].map((match) => match[1] ?? "");
  const references = named
    .filter((name) => !own.includes(name))
    .map((name) => {
      const [to = "", ...attribute] = name.split(".");
      return { to, attribute: attribute.length === 0 ? null : attribute.join(".") };
    });
  return [...references, ...referencesIn(variables)];
}

function circles({ Resources }: Template): string[] {
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (id: string, path: string[]): void => {
    if (path.includes(id)) problems.push(`a circle: ${[...path, id].join(" → ")}`);
    const resource: Resource | undefined = Resources[id];
    if (resource === undefined || done.has(id) || path.includes(id)) return;
    for (const { to } of referencesIn(resource)) visit(to, [...path, id]);
    done.add(id);
  };
  for (const id of Object.keys(Resources)) visit(id, []);
  return problems;
}
