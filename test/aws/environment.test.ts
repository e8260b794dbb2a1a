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
    const { dynamodb, sqs, table, queueUrlPrefix } = awsEnvironment(LAMBDA);
    expect(table).toBe("regild-prod");
    expect(queueUrlPrefix).toBe(LAMBDA.REGILD_QUEUE_URL_PREFIX);
    const credentials = {
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "s3cr3t",
      sessionToken: "t0k3n",
    };
    const shared = { region: "eu-west-1", credentials };
    expect(dynamodb).toEqual({ endpoint: "https://dynamodb.eu-west-1.amazonaws.com", ...shared });
    expect(sqs).toEqual({ endpoint: "https://sqs.eu-west-1.amazonaws.com", ...shared });
  });

  it("keys of a user have no token, and China has a domain of its own", () => {
    const { sqs } = awsEnvironment({ ...LAMBDA, AWS_SESSION_TOKEN: "", AWS_REGION: "cn-north-1" });
    expect(sqs.credentials.sessionToken).toBeNull();
    expect(sqs.endpoint).toBe("https://sqs.cn-north-1.amazonaws.com.cn");
  });

  it("a service's own endpoint goes before the common one", () => {
    const common = { ...LAMBDA, AWS_ENDPOINT_URL: "http://localhost:4566" };
    const own = { ...common, AWS_ENDPOINT_URL_DYNAMODB: "http://localhost:8000" };
    expect(awsEnvironment(common).dynamodb.endpoint).toBe("http://localhost:4566");
    expect(awsEnvironment(own).dynamodb.endpoint).toBe("http://localhost:8000");
    expect(awsEnvironment(own).sqs.endpoint).toBe("http://localhost:4566");
    const sqs = { ...LAMBDA, AWS_ENDPOINT_URL_SQS: "http://localhost:9324" };
    expect(awsEnvironment(sqs).sqs.endpoint).toBe("http://localhost:9324");
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
