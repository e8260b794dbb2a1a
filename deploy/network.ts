import { madeFor, type Statement, STEPS, sub } from "./names.ts";

/** Where the functions that call clouds run; null: on AWS's own network, which reaches the internet alone. */
export type Network = { subnets: string[]; securityGroups: string[] } | null;

/** Properties for functions that serverless makes itself. */
export function inNetwork(network: Network) {
  if (network === null) return {};
  const VpcConfig = { SubnetIds: network.subnets, SecurityGroupIds: network.securityGroups };
  const extension = { Properties: { VpcConfig } };
  return Object.fromEntries(STEPS.map((step) => [madeFor(step, "LambdaFunction"), extension]));
}

const INTERFACE_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/**
 * Lambda makes network interfaces by the function's role, and asks for the right on every resource. The code of the
 * function is denied the same.
 * Source: AWS Lambda developer guide, Giving Lambda functions access to resources in an Amazon VPC.
 * @param functionName `regild-prod-check-status`
 */
export function interfaceStatements(network: Network, functionName: string): Statement[] {
  if (network === null) return [];
  const arn = sub(
    `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${functionName}`,
  );
  return [
    { Effect: "Allow", Action: INTERFACE_ACTIONS, Resource: "*" },
    {
      Effect: "Deny",
      Action: INTERFACE_ACTIONS,
      Resource: "*",
      Condition: { ArnEquals: { "lambda:SourceFunctionArn": arn } },
    },
  ];
}
