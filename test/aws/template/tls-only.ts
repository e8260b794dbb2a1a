import * as z from "zod/mini";
import { ofType, targetOf, type Template } from "./compiled.ts";

const policySchema = z.object({
  Queues: z.array(z.unknown()),
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.literal("Deny"),
        Principal: z.literal("*"),
        Action: z.literal("sqs:*"),
        Resource: z.unknown(),
        Condition: z.object({ Bool: z.object({ "aws:SecureTransport": z.literal("false") }) }),
      }),
    ),
  }),
});

/** Queues that answer requests without TLS. */
export function withoutTls(template: Template): string[] {
  const safe = new Set<string>();
  for (const [, { Properties }] of ofType(template, "AWS::SQS::QueuePolicy")) {
    const read = policySchema.safeParse(Properties);
    if (!read.success) continue;
    const named = read.data.Queues.map((queue) => targetOf(queue));
    for (const { Resource } of read.data.PolicyDocument.Statement) {
      const queue = targetOf(Resource);
      if (queue !== null && named.includes(queue)) safe.add(queue);
    }
  }
  return ofType(template, "AWS::SQS::Queue").flatMap(([id]) => (safe.has(id) ? [] : [id]));
}
