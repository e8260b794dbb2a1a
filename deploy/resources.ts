import { en } from "zod/locales";
import * as z from "zod/mini";
import { storedPlace } from "../shared/lambda/stored-place.ts";
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import { events } from "./events.ts";
import { httpApi } from "./http-api.ts";
import { ref, SCHEDULED, sub } from "./names.ts";
import { roles, schedulerRole } from "./roles.ts";
import { queues, table } from "./storage.ts";
import { tlsOnly } from "./tls-only.ts";

z.config(en());

const placeOf = (file: string) =>
  z.pipe(
    z.string(),
    z.transform((text) => storedPlace(text, file)),
  );
const customSchema = z.object({
  name: z.string(),
  visibility: z.int(),
  receives: z.int(),
  tracing: z.union([z.literal(false), z.literal("Active")]),
  clouds: placeOf("clouds.yaml"),
  senders: placeOf("senders.json"),
  secretsKey: z.union([
    z.literal(""),
    z.string().check(z.regex(/^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/)),
  ]),
});

/** What serverless calls: everything of the stack but the functions and what calls them. */
export async function resources(serverless: {
  resolveConfigurationProperty: (path: string[]) => Promise<unknown>;
}) {
  const custom = customSchema.parse(await serverless.resolveConfigurationProperty(["custom"]));
  const { name, visibility: visibilitySeconds, receives: maxReceives } = custom;
  const stored = { ...table(), ...queues({ name, visibilitySeconds, maxReceives }) };
  const told = events(name);
  return {
    Resources: {
      ...stored,
      ...told,
      ...tlsOnly({ ...stored, ...told }),
      ...roles(custom, { traced: custom.tracing === "Active" }),
      ...schedulerRole(SCHEDULED),
      ...alarms(),
      ...dashboard(name),
    },
    ...httpApi(),
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
