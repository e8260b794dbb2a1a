import { en } from "zod/locales";
import * as z from "zod/mini";
import { cloudsPlace } from "../shared/lambda/clouds-place.ts";
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import { events } from "./events.ts";
import { ref, SCHEDULED, sub } from "./names.ts";
import { roles, schedulerRole } from "./roles.ts";
import { queues, table } from "./storage.ts";

z.config(en());

const customSchema = z.object({
  name: z.string(),
  visibility: z.int(),
  receives: z.int(),
  tracing: z.union([z.literal(false), z.literal("Active")]),
  clouds: z.pipe(z.string(), z.transform(cloudsPlace)),
  cloudsKey: z.union([
    z.literal(""),
    z.string().check(z.regex(/^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/)),
  ]),
});

/** What serverless calls: everything of the stack but the functions and what calls them. */
export async function resources(serverless: {
  resolveConfigurationProperty: (path: string[]) => Promise<unknown>;
}) {
  const custom = customSchema.parse(await serverless.resolveConfigurationProperty(["custom"]));
  const { name, visibility: visibilitySeconds, receives: maxReceives, clouds, cloudsKey } = custom;
  return {
    Resources: {
      ...table(),
      ...queues({ name, visibilitySeconds, maxReceives }),
      ...events(name),
      ...roles({ place: clouds, key: cloudsKey }, { traced: custom.tracing === "Active" }),
      ...schedulerRole(SCHEDULED),
      ...alarms(),
      ...dashboard(name),
    },
    Outputs: {
      TableName: { Value: ref("Table") },
      EventBusName: { Value: ref("EventBus") },
      // For a shell: regild status, refresh … then work on this stack.
      CommandLine: {
        Value: sub(
          `export AWS_REGION=\${AWS::Region} REGILD_TABLE=\${Table} REGILD_QUEUE_URL_PREFIX=https://sqs.\${AWS::Region}.\${AWS::URLSuffix}/\${AWS::AccountId}/${name}-`,
        ),
      },
      AlarmsTopic: { Value: ref("Alarms") },
    },
  };
}
