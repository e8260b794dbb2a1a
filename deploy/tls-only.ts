import { arnOf, merged, ref, type Resource, type Resources } from "./names.ts";

/**
 * For each queue a policy that refuses requests without TLS, whoever sends them and whatever they may do otherwise.
 * Source: Amazon SQS developer guide, Security best practices, Consider enforcing encryption of data in transit.
 */
export function tlsOnly(resources: Resources): Resources {
  const queues = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::SQS::Queue");
  return merged(queues.map(([id]) => ({ [`${id}Policy`]: policyOf(id) })));
}

function policyOf(queue: string): Resource {
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "sqs:*",
    Resource: arnOf(queue),
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  return {
    Type: "AWS::SQS::QueuePolicy",
    Properties: {
      Queues: [ref(queue)],
      PolicyDocument: { Version: "2012-10-17", Statement: [statement] },
    },
  };
}
