import * as z from "zod/mini";
import { ofType, type Template } from "./compiled.ts";

const blocked = z.object({
  PublicAccessBlockConfiguration: z.object({
    BlockPublicAcls: z.literal(true),
    BlockPublicPolicy: z.literal(true),
    IgnorePublicAcls: z.literal(true),
    RestrictPublicBuckets: z.literal(true),
  }),
});

/** Buckets that a careless policy could open to everybody. */
export function openBuckets(template: Template): string[] {
  return ofType(template, "AWS::S3::Bucket")
    .filter(([, { Properties }]) => !blocked.safeParse(Properties).success)
    .map(([id]) => id);
}

const logged = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });
const entrySchema = z.record(z.string(), z.string());

/** Stages whose requests leave no trace, or leave one that holds more than it should. */
export function badAccessLogs(template: Template): string[] {
  return ofType(template, "AWS::ApiGatewayV2::Stage").flatMap(([id, { Properties }]) => {
    const read = logged.safeParse(Properties);
    if (!read.success) return [`${id} logs no request`];
    const entry = entrySchema.parse(JSON.parse(read.data.AccessLogSettings.Format));
    const values = Object.values(entry).join(" ");
    return [
      ...(/path|header|authoriz|querystring/i.test(values)
        ? [`${id} logs what a sender wrote`]
        : []),
      ...(entry["status"] === "$context.status" ? [] : [`${id}: nobody can count its answers`]),
    ];
  });
}
