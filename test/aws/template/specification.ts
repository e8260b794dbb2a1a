import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { Property, PropertyType } from "@aws-cdk/service-spec-types";
import { partsOf, type Template } from "./compiled.ts";

const specification = loadAwsServiceSpecSync();

function resourceType(type: string) {
  return specification.lookup("resource", "cloudFormationType", "equals", type)[0];
}

/** What `Fn::GetAtt` may ask of it. */
export function attributesOf(type: string): string[] {
  return Object.keys(resourceType(type)?.attributes ?? {});
}

/** Types, properties and values that CloudFormation does not know, and properties that it misses. */
export function unspecified({ Resources }: Template): string[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    const type = resourceType(Type);
    if (type === undefined) return [`${id}: there is no type ${Type}`];
    return problemsOfObject(Properties, type.properties, id);
  });
}

function problemsOfObject(
  value: unknown,
  properties: Readonly<Record<string, Property>>,
  place: string,
): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${place} is no object`];
  }
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required === true && !(name in value))
    .map(([name]) => `${place}.${name} is missing`);
  const problems = Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const property = properties[name];
    if (property === undefined) return [`${place}.${name} is not known`];
    return problemsOf(part, property.type, `${place}.${name}`);
  });
  return [...missing, ...problems];
}

function problemsOf(value: unknown, type: PropertyType, place: string): string[] {
  if (isFilledInLater(value)) return [];
  switch (type.type) {
    case "string":
      return typeof value === "object" ? [`${place} is no text`] : [];
    case "integer":
    case "number":
      return Number.isFinite(Number(value)) ? [] : [`${place} is no number`];
    case "boolean":
      return ["true", "false"].includes(String(value))
        ? []
        : [`${place} is neither true nor false`];
    case "array":
      if (!Array.isArray(value)) return [`${place} is no list`];
      return value.flatMap((item: unknown, at) =>
        problemsOf(item, type.element, `${place}[${at}]`),
      );
    case "map":
      return partsOf(value).flatMap(([key, part]) =>
        problemsOf(part, type.element, `${place}.${key}`),
      );
    case "ref": {
      const { properties } = specification.get("typeDefinition", type.reference.$ref);
      return problemsOfObject(value, properties, place);
    }
    case "union": {
      const each = type.types.map((one) => problemsOf(value, one, place));
      return each.some((problems) => problems.length === 0) ? [] : (each[0] ?? []);
    }
    case "date-time":
    case "json":
    case "null":
    case "tag":
      return []; // anything
  }
}

/** `Ref`, `Fn::GetAtt` and their kin: a value that only the deployment knows. */
function isFilledInLater(value: unknown): boolean {
  const [key, ...others] = partsOf(value).map(([name]) => name);
  return key !== undefined && others.length === 0 && (key === "Ref" || key.startsWith("Fn::"));
}
