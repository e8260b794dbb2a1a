import { beforeEach, describe, expect, it } from "vitest";
import { AwsClient } from "../../shared/aws/client.ts";
import { readParameter } from "../../shared/aws/parameter.ts";
import { readSecret } from "../../shared/aws/secret.ts";
import { storedPlace } from "../../shared/lambda/stored-place.ts";
import { StoredText } from "../../shared/lambda/stored-text.ts";
import { accessTo } from "./access.ts";
import { answered, cutOff, notReached, refused, Wire } from "./wire.ts";

const PUT_PARAMETER =
  "aws ssm put-parameter --name /p --type SecureString --value file://FILE, or correct its name";
const CREATE_SECRET =
  "aws secretsmanager create-secret --name s --secret-string file://FILE, or correct its name";

let wire: Wire;
let parameter: () => Promise<string>;
let secret: () => Promise<string>;
beforeEach(() => {
  wire = new Wire({ send: async () => ({ kind: "response", status: 502, headers: {}, text: "" }) });
  const seam = { http: wire, now: () => 0, random: () => 0, wait: async () => {} };
  const client = (service: "ssm" | "secretsmanager") =>
    new AwsClient(service, accessTo(`http://${service}.test`), seam);
  parameter = () => readParameter(client("ssm"), "/p");
  secret = () => readSecret(client("secretsmanager"), "s");
});

describe("a text is read", () => {
  it("from a parameter, decrypted", async () => {
    wire.plan("GetParameter", answered({ Parameter: { Value: "clouds: {}" } }));
    expect(await parameter()).toBe("clouds: {}");
    expect(wire.bodies).toEqual(['{"Name":"/p","WithDecryption":true}']);
  });

  it("from a secret, as it stands now", async () => {
    wire.plan("GetSecretValue", answered({ SecretString: "clouds: {}" }));
    expect(await secret()).toBe("clouds: {}");
    expect(wire.bodies).toEqual(['{"SecretId":"s"}']);
  });

  it("again, when the first answer was lost or broken off", async () => {
    wire.plan("GetSecretValue", notReached, refused(500, "InternalServiceError"), cutOff);
    wire.plan("GetSecretValue", answered({ SecretString: "clouds: {}" }));
    expect(await secret()).toBe("clouds: {}");
  });
});

describe("what cannot be read says what to do", () => {
  it.each([
    ["ParameterNotFound", `There is no such parameter in eu-west-1: ${PUT_PARAMETER}`],
    [
      "AccessDeniedException",
      "Allow ssm:GetParameter on /p to this role, and kms:Decrypt on its key where that is your own (custom.secretsKey).",
    ],
    ["InvalidKeyId", "Restore this parameter, or its key."],
  ])("a parameter: %s", async (code, remedy) => {
    wire.plan("GetParameter", refused(400, code, "why"));
    const told = `Systems Manager GetParameter, parameter /p: ${code} (why). ${remedy}`;
    await expect(parameter()).rejects.toThrow(told);
  });

  it.each([
    ["ResourceNotFoundException", `There is no such secret in eu-west-1: ${CREATE_SECRET}`],
    ["AccessDeniedException", "Allow secretsmanager:GetSecretValue on s to this role, and kms:"],
    ["InvalidRequestException", "Restore this secret, or its key."],
    ["DecryptionFailure", "Restore this secret, or its key."],
  ])("a secret: %s", async (code, remedy) => {
    wire.plan("GetSecretValue", refused(400, code, "why"));
    const told = `Secrets Manager GetSecretValue, secret s: ${code} (why). ${remedy}`;
    await expect(secret()).rejects.toThrow(told);
  });

  it("a secret that holds bytes", async () => {
    wire.plan("GetSecretValue", answered({ SecretBinary: "czNjcjN0" }));
    const message = String(await secret().catch((error: unknown) => error));
    expect(message).toContain("secret s holds bytes, and is to hold text: ");
    expect(message).toContain("aws secretsmanager put-secret-value --secret-id s --secret-string");
    expect(message).not.toContain("czNjcjN0");
  });

  it("and quotes nothing of an answer that is not understood", async () => {
    const odd = answered({ Parameter: { Value: { s3cr3t: "s3cr3t" } }, SecretString: ["s3cr3t"] });
    wire.plan("GetParameter", odd, odd, odd, odd, odd);
    wire.plan("GetSecretValue", odd, odd, odd, odd, odd);
    for (const read of [parameter, secret]) {
      const message = String(await read().catch((error: unknown) => error));
      expect(message).toContain("unreadable answer");
      expect(message).not.toContain("s3cr3t");
    }
  });

  it("and repeats nothing that AWS says of a bad signature: it quotes the session token", async () => {
    wire.plan("GetSecretValue", refused(400, "InvalidSignatureException", "token:T0KEN"));
    const message = String(await secret().catch((error: unknown) => error));
    expect(message).toContain("InvalidSignatureException. Check AWS_ACCESS_KEY_ID");
    expect(message).not.toContain("T0KEN");
  });
});

describe("the place of a text on AWS", () => {
  it("is a parameter or a secret, as its text begins", () => {
    expect(storedPlace("/regild/prod/clouds.yaml", "clouds.yaml")).toEqual({
      service: "ssm",
      name: "/regild/prod/clouds.yaml",
    });
    expect(storedPlace("secret:regild/prod/clouds.yaml", "clouds.yaml")).toEqual({
      service: "secretsmanager",
      name: "regild/prod/clouds.yaml",
    });
  });

  it.each(["", "regild/clouds.yaml", "/regild/*", "secret:", "secret:a?", "/a${x}", "secret:a b"])(
    "is refused, since a role is made of it: %j",
    (text) =>
      expect(() => storedPlace(text, "senders.json")).toThrow(
        "is no place for senders.json: write /NAME",
      ),
  );
});

describe("a text that cannot be used", () => {
  const none = () => {};
  const log = { info: none, warn: none, error: none };

  /** @param retryAfterMs left out: as for what no stranger asks for. */
  function open(first: string, retryAfterMs?: number) {
    const stage = { text: first, isDenied: false, nowMs: 0, reads: 0 };
    const read = async () => {
      stage.reads++;
      if (stage.isDenied) throw new Error("AccessDenied");
      return stage.text;
    };
    const parse = (text: string) => {
      if (text === "broken") throw new Error("this is no key");
      return text;
    };
    const deps = { read, parse, file: "/p", log, now: () => stage.nowMs };
    const stored = new StoredText(retryAfterMs === undefined ? deps : { ...deps, retryAfterMs });
    return { stage, stored };
  }

  it("is read once in ten seconds, however many ask, and is used ten seconds after its repair", async () => {
    const { stage, stored } = open("broken", 10_000);
    for (let at = 0; at < 50; at++) await expect(stored.get()).rejects.toThrow("this is no key");
    expect(stage.reads).toBe(1);
    stage.nowMs += 9_999;
    stage.text = "good";
    await expect(stored.get()).rejects.toThrow("this is no key");
    stage.nowMs += 1;
    expect([await stored.get(), stage.reads]).toEqual(["good", 2]);
  });

  it("is read once in ten seconds also if nobody may read it", async () => {
    const { stage, stored } = open("good", 10_000);
    stage.isDenied = true;
    for (let at = 0; at < 50; at++) await expect(stored.get()).rejects.toThrow("AccessDenied");
    expect(stage.reads).toBe(1);
  });

  it("leaves the one before in use, and is read once in ten seconds too, if nobody may read it any more", async () => {
    const { stage, stored } = open("good", 10_000);
    await stored.get();
    stage.nowMs += 5 * 60_000;
    stage.isDenied = true;
    for (let at = 0; at < 50; at++) expect(await stored.get()).toBe("good");
    expect(stage.reads).toBe(2);
    stage.nowMs += 10_000;
    stage.isDenied = false;
    stage.text = "better";
    expect([await stored.get(), stage.reads]).toEqual(["better", 3]);
  });

  it("is read with each call where only messages of a queue ask for it", async () => {
    const { stage, stored } = open("broken");
    await expect(stored.get()).rejects.toThrow("this is no key");
    stage.text = "good";
    expect(await stored.get()).toBe("good");
  });
});
