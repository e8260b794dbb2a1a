import * as z from "zod/mini";
import { ofType, targetOf, type Template } from "./compiled.ts";

const routeSchema = z.object({
  Target: z.object({ "Fn::Join": z.tuple([z.literal("/"), z.tuple([z.string(), z.unknown()])]) }),
});
const integrationSchema = z.object({
  IntegrationUri: z.unknown(),
  PayloadFormatVersion: z.string(),
  TimeoutInMillis: z.number(),
});
const permissionSchema = z.object({
  FunctionName: z.unknown(),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.optional(z.object({ "Fn::Join": z.tuple([z.string(), z.array(z.unknown())]) })),
});
const stageSchema = z.object({
  DefaultRouteSettings: z.object({
    ThrottlingRateLimit: z.optional(z.number()),
    ThrottlingBurstLimit: z.optional(z.number()),
  }),
});
const timeoutSchema = z.object({ Timeout: z.number() });

/** Routes of an HTTP API that start nothing, or let others start it, or take whatever comes. */
export function badRoutes(template: Template): string[] {
  const routes = ofType(template, "AWS::ApiGatewayV2::Route");
  const problems = routes.flatMap(([id, { Properties }]) => {
    const { Target } = routeSchema.parse(Properties);
    const integration = template.Resources[targetOf(Target["Fn::Join"][1][1]) ?? ""];
    if (integration?.Type !== "AWS::ApiGatewayV2::Integration") return [`${id} leads nowhere`];
    return badIntegration(template, id, integration.Properties);
  });
  for (const [id, { Properties }] of ofType(template, "AWS::ApiGatewayV2::Stage")) {
    const { ThrottlingRateLimit, ThrottlingBurstLimit } =
      stageSchema.parse(Properties).DefaultRouteSettings;
    if (ThrottlingRateLimit === undefined || ThrottlingBurstLimit === undefined) {
      problems.push(`${id} takes any number of requests`);
    }
  }
  return routes.length === 0 ? ["there is no route"] : problems;
}

function badIntegration(template: Template, routeId: string, properties: unknown): string[] {
  const is = integrationSchema.parse(properties);
  const started = targetOf(is.IntegrationUri) ?? "?";
  const permissions = ofType(template, "AWS::Lambda::Permission")
    .map(([, { Properties }]) => permissionSchema.parse(Properties))
    .filter(
      ({ FunctionName, Action, Principal }) =>
        targetOf(FunctionName) === started &&
        Action === "lambda:InvokeFunction" &&
        Principal === "apigateway.amazonaws.com",
    );
  const { Timeout } = timeoutSchema.parse(template.Resources[started]?.Properties);
  const apis = ofType(template, "AWS::ApiGatewayV2::Api").map(([id]) => id);
  const isOfApi = ({ SourceArn }: z.infer<typeof permissionSchema>) =>
    SourceArn?.["Fn::Join"][1].some((part) => apis.includes(targetOf(part) ?? "")) ?? false;
  return [
    ...(permissions.some(({ SourceArn }) => SourceArn === undefined)
      ? [`who has an API may start ${started} from anywhere`]
      : []),
    ...(permissions.some(isOfApi) ? [] : [`${routeId}: the API may not start ${started}`]),
    ...(is.PayloadFormatVersion === "2.0" ? [] : [`${routeId} hands over what no function reads`]),
    ...(is.TimeoutInMillis < Timeout * 1000 ? [`${routeId} gives up before its function`] : []),
  ];
}
