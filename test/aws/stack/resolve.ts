import * as z from "zod/mini";
import type { Template } from "../template/compiled.ts";

/** Where the stack is brought up: what CloudFormation's pseudo parameters stand for. */
export const PLACE: Readonly<Record<string, string>> = {
  "AWS::AccountId": "000000000000",
  "AWS::Region": "eu-west-1",
  "AWS::Partition": "aws",
  "AWS::URLSuffix": "amazonaws.com",
  "AWS::StackName": "tried-stack",
};
const { "AWS::AccountId": ACCOUNT = "", "AWS::Region": REGION = "" } = PLACE;
export { ACCOUNT, REGION };

/** What `Ref` and `Fn::GetAtt` give of a resource once it is there (resource reference, "Return values" of each type). */
type ReturnValues = { Ref: string } & Record<string, string>;

const arn = (service: string, rest: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const VALUES: Record<string, (name: string) => ReturnValues> = {
  "AWS::DynamoDB::Table": (name) => {
    const StreamArn = arn("dynamodb", `table/${name}/stream/2026-11-22T12:00:00.000`);
    return { Ref: name, Arn: arn("dynamodb", `table/${name}`), StreamArn };
  },
  "AWS::Events::EventBus": (name) => ({ Ref: name, Arn: arn("events", `event-bus/${name}`) }),
  "AWS::SQS::Queue": (name) => {
    const url = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`;
    return { Ref: url, QueueUrl: url, QueueName: name, Arn: arn("sqs", name) };
  },
  "AWS::Lambda::Function": (name) => ({ Ref: name, Arn: arn("lambda", `function:${name}`) }),
  "AWS::IAM::Role": (name) => ({ Ref: name, Arn: `arn:aws:iam::${ACCOUNT}:role/${name}` }),
  "AWS::Logs::LogGroup": (name) => ({ Ref: name, Arn: arn("logs", `log-group:${name}:*`) }),
  // Ids that API Gateway makes up.
  "AWS::ApiGatewayV2::Api": (name) => ({ Ref: name }),
  "AWS::ApiGatewayV2::Integration": (name) => ({ Ref: name }),
  "AWS::S3::Bucket": (name) => ({ Ref: name, Arn: `arn:aws:s3:::${name}` }),
};

const joinSchema = z.tuple([z.string(), z.array(z.unknown())]);

/** Properties that name a resource; without one CloudFormation makes a name up. */
const NAMES = [
  "TableName",
  "QueueName",
  "FunctionName",
  "RoleName",
  "LogGroupName",
  "BucketName",
  "Name",
];

/** Puts in what CloudFormation puts in when it deploys. */
export class Resolver {
  private readonly template: Template;

  constructor(template: Template) {
    this.template = template;
  }

  /** The value with every function of the template in it carried out. @throws Error for one that is not known. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== "object" || value === null) return value;
    const entries: Array<[string, unknown]> = Object.entries(value);
    const [[key, argument] = ["", null]] = entries;
    if (key === "Ref") return this.ref(String(argument));
    if (key === "Fn::GetAtt") return this.attributeOf(argument);
    if (key === "Fn::Sub" && typeof argument === "string") return this.substitute(argument);
    if (key === "Fn::Join") return this.join(argument);
    if (key.startsWith("Fn::")) throw new Error(`${JSON.stringify(value)} is not carried out here`);
    return Object.fromEntries(entries.map(([name, part]) => [name, this.resolve(part)]));
  }

  propertiesOf(id: string): unknown {
    return this.resolve(this.template.Resources[id]?.Properties);
  }

  ref(id: string): string {
    return PLACE[id] ?? this.attribute(id, "Ref");
  }

  attribute(id: string, name: string): string {
    const resource = this.template.Resources[id];
    const values = VALUES[resource?.Type ?? ""];
    if (resource === undefined || values === undefined) {
      throw new Error(`what ${id} is once deployed is not known here: ${resource?.Type}`);
    }
    const named = NAMES.map((property) => resource.Properties[property]).find(
      (is) => is !== undefined,
    );
    const given = named === undefined ? `${PLACE["AWS::StackName"]}-${id}` : this.resolve(named);
    const value = values(String(given))[name];
    if (value === undefined) throw new Error(`${resource.Type} ${id} has no ${name} here`);
    return value;
  }

  private attributeOf(argument: unknown): string {
    const [id = "", ...name] = Array.isArray(argument) ? argument : String(argument).split(".");
    return this.attribute(String(id), name.join("."));
  }

  private join(argument: unknown): string {
    const [by, parts] = joinSchema.parse(argument);
    return parts.map((part) => String(this.resolve(part))).join(by);
  }

  private substitute(text: string): string {
    return text.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      return name.includes(".") ? this.attributeOf(name) : this.ref(name);
    });
  }
}
