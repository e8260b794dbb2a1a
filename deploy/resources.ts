import * as z from "zod";
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import { ref, SCHEDULED } from "./names.ts";
import { roles, schedulerRole } from "./roles.ts";
import { queues, table } from "./storage.ts";

const customSchema = z.object({
  name: z.string(),
  visibility: z.int(),
  receives: z.int(),
  cloudsParameter: z.string().startsWith("/"),
});

/** What serverless calls: everything of the stack but the functions and what calls them. */
export async function resources(serverless: {
  resolveConfigurationProperty: (path: string[]) => Promise<unknown>;
}) {
  const custom = customSchema.parse(await serverless.resolveConfigurationProperty(["custom"]));
  const { name, visibility: visibilitySeconds, receives: maxReceives, cloudsParameter } = custom;
  return {
    Resources: {
      ...table(),
      ...queues({ name, visibilitySeconds, maxReceives }),
      ...roles(cloudsParameter),
      ...schedulerRole(SCHEDULED),
      ...alarms(),
      ...dashboard(name),
    },
    Outputs: {
      TableName: { Value: ref("Table") },
      AlarmsTopic: { Value: ref("Alarms") },
      CloudsParameter: { Value: cloudsParameter },
    },
  };
}
