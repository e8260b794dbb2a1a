import { describe, expect, it } from "vitest";
import { awsEnvironment } from "../../shared/lambda/aws-environment.ts";

const LAMBDA = {
  REGILD_TABLE: "regild-prod",
  REGILD_QUEUE_URL_PREFIX: "https://sqs.eu-west-1.amazonaws.com/123456789012/regild-prod-",
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "s3cr3t",
  AWS_SESSION_TOKEN: "t0k3n",
};

const messageOf = (env: NodeJS.ProcessEnv): string => {
  try {
    awsEnvironment(env);
    return "no error";
  } catch (error) {
    return String(error);
  }
};

describe("the environment of a function on AWS", () => {
  it("is read whole, and calls go to the region's public endpoints", () => {
    const { access, table, queueUrlPrefix } = awsEnvironment(LAMBDA);
    expect(table).toBe("regild-prod");
    expect(queueUrlPrefix).toBe(LAMBDA.REGILD_QUEUE_URL_PREFIX);
    const credentials = {
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "s3cr3t",
      sessionToken: "t0k3n",
    };
    const shared = { region: "eu-west-1", credentials };
    for (const service of ["dynamodb", "sqs", "ssm", "secretsmanager"] as const) {
      const endpoint = `https://${service}.eu-west-1.amazonaws.com`;
      expect(access(service)).toEqual({ endpoint, ...shared });
    }
  });

  it("keys of a user have no token, and China has a domain of its own", () => {
    const env = { ...LAMBDA, AWS_SESSION_TOKEN: "", AWS_REGION: "cn-north-1" };
    const { credentials, endpoint } = awsEnvironment(env).access("sqs");
    expect(credentials.sessionToken).toBeNull();
    expect(endpoint).toBe("https://sqs.cn-north-1.amazonaws.com.cn");
  });

  it("a service's own endpoint goes before the common one", () => {
    const common = { ...LAMBDA, AWS_ENDPOINT_URL: "http://localhost:4566" };
    const variables = {
      dynamodb: "AWS_ENDPOINT_URL_DYNAMODB",
      sqs: "AWS_ENDPOINT_URL_SQS",
      ssm: "AWS_ENDPOINT_URL_SSM",
      secretsmanager: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    } as const;
    for (const service of ["dynamodb", "sqs", "ssm", "secretsmanager"] as const) {
      expect(awsEnvironment(common).access(service).endpoint).toBe("http://localhost:4566");
      const { access } = awsEnvironment({ ...common, [variables[service]]: "http://own:1" });
      expect(access(service).endpoint).toBe("http://own:1");
      const other = service === "sqs" ? "ssm" : "sqs";
      expect(access(other).endpoint).toBe("http://localhost:4566");
    }
  });

  it("tells everything that is missing at once, with its remedy", () => {
    const message = messageOf({ AWS_REGION: "" });
    for (const name of Object.keys(LAMBDA).filter((name) => name !== "AWS_SESSION_TOKEN")) {
      expect(message).toContain(`${name} is not set. `);
    }
    expect(message).toContain("AWS_REGION is not set. On Lambda it is there");
    expect(message).not.toContain("AWS_SESSION_TOKEN");
  });

  it("tells what is malformed, and never what a secret holds", () => {
    const message = messageOf({
      ...LAMBDA,
      AWS_REGION: "eu west",
      AWS_ENDPOINT_URL: "localhost",
      REGILD_QUEUE_URL_PREFIX: "regild-",
    });
    expect(message).toContain("AWS_REGION is no region");
    expect(message).toContain("AWS_ENDPOINT_URL is no http or https URL");
    expect(message).toContain("REGILD_QUEUE_URL_PREFIX is no http or https URL");
    expect(message).not.toMatch(/s3cr3t|t0k3n|AKIDEXAMPLE/);
  });
});
