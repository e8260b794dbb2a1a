import type { FauxqsServer } from "fauxqs";
import { ofType, type Template } from "../template/compiled.ts";
import { REGION, type Resolver } from "./resolve.ts";
import { queueSchema } from "./resource-types.ts";

export interface Queue {
  name: string;
  url: string;
  arn: string;
  retentionSeconds: number;
  /** ARN of the queue for what is received too often. */
  deadLettersTo: string | null;
}

/** Makes every queue of the template in the emulator. */
export function makeQueues(template: Template, resolver: Resolver, sqs: FauxqsServer): Queue[] {
  return ofType(template, "AWS::SQS::Queue").map(([id]) => {
    const is = queueSchema.parse(resolver.propertiesOf(id));
    const { QueueName: name, RedrivePolicy: redrive } = is;
    const attributes = {
      VisibilityTimeout: String(is.VisibilityTimeout),
      MessageRetentionPeriod: String(is.MessageRetentionPeriod),
      ...(redrive === undefined ? {} : { RedrivePolicy: JSON.stringify(redrive) }),
    };
    sqs.createQueue(name, { region: REGION, attributes });
    return {
      name,
      url: resolver.ref(id),
      arn: resolver.attribute(id, "Arn"),
      retentionSeconds: is.MessageRetentionPeriod,
      deadLettersTo: redrive?.deadLetterTargetArn ?? null,
    };
  });
}
