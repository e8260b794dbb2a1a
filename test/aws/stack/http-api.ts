import * as z from "zod/mini";
import {
  gatewayAnswer,
  type GatewayAnswer,
  gatewayEvent,
  type GatewayRequest,
} from "../gateway.ts";
import { ofType } from "../template/compiled.ts";
import type { LambdaFunction } from "./lambda.ts";
import { type CallersDeps, functionOf } from "./mappings.ts";
import { ACCOUNT } from "./resolve.ts";

const apiSchema = z.strictObject({ Name: z.string(), ProtocolType: z.literal("HTTP") });
const stageSchema = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal("$default"),
  AutoDeploy: z.literal(true),
  /** How many requests there may be at once, is not tried here. */
  DefaultRouteSettings: z.strictObject({
    DetailedMetricsEnabled: z.boolean(),
    ThrottlingRateLimit: z.number(),
    ThrottlingBurstLimit: z.number(),
  }),
  /** Nothing is logged here; test/aws/template.test.ts reads the format. */
  AccessLogSettings: z.strictObject({ DestinationArn: z.string(), Format: z.string() }),
});
const integrationSchema = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal("AWS_PROXY"),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal("2.0"),
  TimeoutInMillis: z.int(),
});
const routeSchema = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  Target: z.string(),
});
const permissionSchema = z.strictObject({
  FunctionName: z.string(),
  Action: z.literal("lambda:InvokeFunction"),
  Principal: z.string(),
  SourceArn: z.string(),
});

export type HttpRequest = GatewayRequest;
export type HttpAnswer = GatewayAnswer;

interface Route {
  key: string;
  matches: (method: string, path: string) => Record<string, string> | null;
  lambda: LambdaFunction;
}

/**
 * The template's HTTP API. What it hands over and how it takes the answer: API Gateway developer guide, Create AWS Lambda
 * proxy integrations for HTTP APIs, payload format 2.0.
 */
export class HttpApi {
  private readonly routes: Route[];

  constructor(deps: Pick<CallersDeps, "template" | "resolver" | "functions">) {
    const { template, resolver } = deps;
    const permissions = ofType(template, "AWS::Lambda::Permission").map(([id]) =>
      permissionSchema.parse(resolver.propertiesOf(id)),
    );
    for (const [id] of ofType(template, "AWS::ApiGatewayV2::Api")) {
      apiSchema.parse(resolver.propertiesOf(id));
    }
    for (const [id] of ofType(template, "AWS::ApiGatewayV2::Stage")) {
      stageSchema.parse(resolver.propertiesOf(id));
    }
    const integrations = new Map(
      ofType(template, "AWS::ApiGatewayV2::Integration").map(([id]) => [
        `integrations/${resolver.ref(id)}`,
        integrationSchema.parse(resolver.propertiesOf(id)),
      ]),
    );
    this.routes = ofType(template, "AWS::ApiGatewayV2::Route").map(([id]) => {
      const { RouteKey, Target, ApiId } = routeSchema.parse(resolver.propertiesOf(id));
      const integration = integrations.get(Target);
      if (integration?.ApiId !== ApiId) throw new Error(`${id} leads to no integration`);
      const lambda = functionOf(deps, integration.IntegrationUri);
      const allowed = permissions.some(
        ({ FunctionName, Principal, SourceArn }) =>
          FunctionName === lambda.arn &&
          Principal === "apigateway.amazonaws.com" &&
          SourceArn.startsWith("arn:aws:execute-api:") &&
          SourceArn.endsWith(`:${ACCOUNT}:${ApiId}/*`),
      );
      if (!allowed) throw new Error(`the API may not start ${lambda.name}`);
      return { key: RouteKey, matches: matcherOf(RouteKey), lambda };
    });
  }

  /** A function that breaks off, or answers what nobody understands, is a 500 to who sent the request. */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const [path = ""] = request.path.split("?", 1);
    for (const { key, matches, lambda } of this.routes) {
      const parameters = matches(request.method, path);
      if (parameters === null) continue;
      return await answered(lambda, gatewayEvent(request, { key, parameters }));
    }
    return { status: 404, headers: {}, body: '{"message":"Not Found"}' };
  }
}

async function answered(lambda: LambdaFunction, event: object): Promise<HttpAnswer> {
  try {
    return gatewayAnswer(await lambda.invoke(event));
  } catch {
    return { status: 500, headers: {}, body: '{"message":"Internal Server Error"}' };
  }
}

/** `POST /webhooks/{sender}`. A parameter is one part of the path, as it comes: encoded. */
function matcherOf(routeKey: string): Route["matches"] {
  const [method = "", path = ""] = routeKey.split(" ");
  const pattern = new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`, "u");
  return (asked, at) => {
    const found = pattern.exec(at);
    return asked === method && found !== null ? { ...found.groups } : null;
  };
}
