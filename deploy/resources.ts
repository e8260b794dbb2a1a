import { en } from "zod/locales";
import * as z from "zod/mini";
import { storedPlace } from "../shared/lambda/stored-place.ts";
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import { events } from "./events.ts";
import { httpApi, throttledRequests } from "./http-api.ts";
import { ref, SCHEDULED, sub } from "./names.ts";
import { inNetwork } from "./network.ts";
import { roles, schedulerRole } from "./roles.ts";
import { queues, table } from "./storage.ts";
import { tlsOnly } from "./tls-only.ts";

z.config(en());

const placeOf = (file: string) =>
  z.pipe(
    z.string(),
    z.transform((text) => storedPlace(text, file)),
  );
const keyArn = z.union([
  z.literal(""),
  z.string().check(z.regex(/^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/)),
]);
/** `subnet-1,subnet-2`; an empty text is an empty list. */
const ids = (kind: "subnet" | "sg") =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((text) => (text === "" ? [] : text.split(",").map((id) => id.trim()))),
    ),
    z.array(z.string().check(z.regex(new RegExp(`^${kind}-[0-9a-f]+$`), `${kind}-… is expected`))),
  );
/** A number, or a text of digits as `--param` gives it; an empty text is null. */
const optionalCount = z.pipe(
  z.pipe(
    z.union([z.int(), z.string()]),
    z.transform((count) => (count === "" ? null : Number(count))),
  ),
  z.nullable(z.int().check(z.positive())),
);
const customSchema = z
  .object({
    name: z.string(),
    visibility: z.int(),
    receives: z.int(),
    tracing: z.union([z.literal(false), z.literal("Active")]),
    clouds: placeOf("clouds.yaml"),
    senders: placeOf("senders.json"),
    sessionKey: placeOf("session.key"),
    oidc: placeOf("oidc.json"),
    signingKey: placeOf("signing.pem"),
    secretsKey: keyArn,
    alarmsKey: keyArn,
    mailFrom: z.union([
      z.literal(""),
      z
        .string()
        .check(z.regex(/^([\w.+-]+@)?[\w-]+(\.[\w-]+)+$/, "is no domain and no mail address")),
    ]),
    subnets: ids("subnet"),
    securityGroups: ids("sg"),
    edgeConcurrency: optionalCount,
  })
  .check(
    z.refine(
      ({ subnets, securityGroups }) => (subnets.length === 0) === (securityGroups.length === 0),
      "subnets and securityGroups: set both, or none",
    ),
  );

/** What serverless calls: everything of the stack but the functions and what calls them. */
export async function resources(serverless: {
  resolveConfigurationProperty: (path: string[]) => Promise<unknown>;
}) {
  const custom = customSchema.parse(await serverless.resolveConfigurationProperty(["custom"]));
  const { name, visibility: visibilitySeconds, receives: maxReceives, subnets } = custom;
  const network = subnets.length === 0 ? null : custom;
  const stored = { ...table(), ...queues({ name, visibilitySeconds, maxReceives }) };
  const told = events(name);
  return {
    Resources: {
      ...stored,
      ...told,
      ...tlsOnly({ ...stored, ...told }),
      ...roles(custom, { traced: custom.tracing === "Active", network, name }),
      ...schedulerRole(SCHEDULED),
      ...throttledRequests(),
      ...alarms(custom.alarmsKey),
      ...dashboard(name),
    },
    extensions: { ...httpApi(custom.edgeConcurrency), ...inNetwork(network) },
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
