import * as z from "zod/mini";
import { ofType, type Template } from "../template/compiled.ts";
import { ACCOUNT, type Resolver } from "./resolve.ts";

const list = z.union([
  z.array(z.string()),
  z.pipe(
    z.string(),
    z.transform((one) => [one]),
  ),
]);
const trustSchema = z.strictObject({
  Effect: z.literal("Allow"),
  Principal: z.strictObject({ Service: z.string() }),
  Action: z.literal("sts:AssumeRole"),
  Condition: z.optional(
    z.strictObject({ StringEquals: z.strictObject({ "aws:SourceAccount": z.literal(ACCOUNT) }) }),
  ),
});
const statementSchema = z.strictObject({
  Effect: z.literal("Allow"),
  Action: list,
  Resource: list,
  Condition: z.optional(
    z.strictObject({
      "ForAllValues:StringLike": z.strictObject({ "dynamodb:LeadingKeys": list }),
    }),
  ),
});
const policyOf = <T>(statement: z.ZodMiniType<T>) =>
  z.strictObject({ Version: z.literal("2012-10-17"), Statement: z.array(statement) });
const roleSchema = z.strictObject({
  AssumeRolePolicyDocument: policyOf(trustSchema),
  Policies: z.array(
    z.strictObject({ PolicyName: z.string(), PolicyDocument: policyOf(statementSchema) }),
  ),
});

/** What one role may do, as IAM would say: all that is not allowed is denied. */
export interface Role {
  arn: string;
  /** @param partitions of the table that the call is about, if it names its items. */
  allows: (action: string, resource: string, partitions?: string[]) => boolean;
  /** Which service may take it on. */
  isFor: (service: string) => boolean;
}

export function rolesOf(template: Template, resolver: Resolver): Role[] {
  return ofType(template, "AWS::IAM::Role").map(([id]) => {
    const { AssumeRolePolicyDocument, Policies } = roleSchema.parse(resolver.propertiesOf(id));
    const allowed = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    return {
      arn: resolver.attribute(id, "Arn"),
      allows: (action, resource, partitions = []) =>
        allowed.some(
          ({ Action, Resource, Condition }) =>
            matches(Action, action) &&
            matches(Resource, resource) &&
            (Condition === undefined ||
              (partitions.length > 0 &&
                partitions.every((partition) =>
                  matches(Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], partition),
                ))),
        ),
      isFor: (service) =>
        AssumeRolePolicyDocument.Statement.some(({ Principal }) => Principal.Service === service),
    };
  });
}

function matches(patterns: string[], text: string): boolean {
  return patterns.some((pattern) => {
    const literal = pattern
      .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("\\?", ".");
    return new RegExp(`^${literal}$`, "u").test(text);
  });
}
