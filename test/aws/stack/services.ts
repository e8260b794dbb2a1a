import type { FauxqsServer } from "fauxqs";
import * as z from "zod/mini";
import { openHttps } from "../../../shared/aws/https.ts";
import { entrySchema, type Entry } from "../event-bridge.ts";
import type { Http } from "../../../shared/ports.ts";
import type { TableStream } from "../table-stream.ts";
import type { Answer, Call, Service } from "./front.ts";
import { ACCOUNT, REGION } from "./resolve.ts";

/** As it has come, to an emulator behind the front. */
async function forward(url: string, http: Http, { headers, body }: Call): Promise<Answer> {
  const answer = await http.send({ method: "POST", url, headers, body, timeoutMs: 30_000 });
  if (answer.kind === "failure") throw new Error(`an emulator does not answer: ${answer.reason}`);
  return answer;
}

const dynamoDbInput = z.object({
  TableName: z.optional(z.string()),
  IndexName: z.optional(z.string()),
  RequestItems: z.optional(z.record(z.string(), z.unknown())),
  Key: z.optional(z.object({ pk: z.object({ S: z.string() }) })),
  /** Of a query of the table: its partition. */
  ExpressionAttributeValues: z.optional(
    z.object({ ":pk": z.optional(z.object({ S: z.string() })) }),
  ),
});

/** @param stream is told of each update. */
export function dynamoDbService(emulator: Http, stream: TableStream): Service {
  const tableArn = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
  return {
    name: "dynamodb",
    resources: ({ input }) => {
      const { TableName, IndexName, RequestItems } = dynamoDbInput.parse(input);
      if (RequestItems !== undefined) return Object.keys(RequestItems).map(tableArn);
      const table = tableArn(TableName ?? "");
      return [IndexName === undefined ? table : `${table}/index/${IndexName}`];
    },
    partitions: ({ input }) => {
      const { Key, ExpressionAttributeValues: values } = dynamoDbInput.parse(input);
      return [Key?.pk.S ?? values?.[":pk"]?.S ?? []].flat();
    },
    handle: (call) => {
      const update = () => forward("http://dynamodb/", emulator, call);
      return call.action === "dynamodb:UpdateItem" ? stream.update(call.input, update) : update();
    },
  };
}

/** @param arns of queues by URL. @param sent is told of each message that was sent. */
export function sqsService(
  { address }: FauxqsServer,
  arns: ReadonlyMap<string, string>,
  sent: (arn: string) => void,
): Service {
  const http = openHttps();
  const arnOf = ({ input }: Call): string => arns.get(String(input["QueueUrl"])) ?? "no such queue";
  return {
    name: "sqs",
    resources: (call) => [arnOf(call)],
    handle: async (call) => {
      const answer = await forward(address, http, call);
      if (call.action.startsWith("sqs:SendMessage")) sent(arnOf(call));
      return answer;
    },
  };
}

/** EventBridge. @param told what it has taken. @param takes whether it takes anything at all. */
export function eventsService(told: Entry[], takes: () => boolean): Service {
  const inputSchema = z.strictObject({
    Entries: z.array(entrySchema).check(z.minLength(1), z.maxLength(10)),
  });
  return {
    name: "events",
    resources: ({ input }) =>
      inputSchema
        .parse(input)
        .Entries.map(({ bus }) => `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${bus}`),
    handle: async ({ input }) => {
      const { Entries: entries } = inputSchema.parse(input);
      const no = { ErrorCode: "AccessDeniedException", ErrorMessage: "not now" };
      const Entries = entries.map(() => (takes() ? { EventId: "e" } : no));
      const FailedEntryCount = takes() ? 0 : entries.length;
      if (takes()) told.push(...entries);
      return { status: 200, text: JSON.stringify({ FailedEntryCount, Entries }) };
    },
  };
}

/** Systems Manager's parameter store. @param parameters by name; what they hold is asked for each time; undefined: there is none. */
export function parameterService(
  parameters: Readonly<Record<string, () => string | undefined>>,
): Service {
  const refusal = { __type: "com.amazonaws.ssm#ParameterNotFound" };
  return {
    name: "ssm",
    resources: ({ input }) => [
      `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${String(input["Name"])}`,
    ],
    handle: async ({ action, input }) => {
      const Value = parameters[String(input["Name"])]?.();
      const known = action === "ssm:GetParameter" && Value !== undefined;
      if (!known || input["WithDecryption"] !== true) {
        return { status: 400, text: JSON.stringify(refusal) };
      }
      return { status: 200, text: JSON.stringify({ Parameter: { Value } }) };
    },
  };
}
