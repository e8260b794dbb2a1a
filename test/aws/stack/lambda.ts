import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as z from "zod/mini";
import type { Package } from "../template/compiled.ts";
import type { Clock } from "./clock.ts";
import { FunctionError, Instance } from "./instance.ts";
import { REGION, type Resolver } from "./resolve.ts";
import type { Role } from "./roles.ts";

const functionSchema = z.strictObject({
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.literal("nodejs24.x"),
  FunctionName: z.string(),
  MemorySize: z.int(),
  Timeout: z.int(),
  Architectures: z.array(z.string()),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }),
  Role: z.string(),
});

export interface FunctionDeps {
  clock: Clock;
  resolver: Resolver;
  files: Package["files"];
  /** Where packages are unpacked, each in a folder of its own. */
  folder: string;
  /** What answers for all of AWS. */
  endpoint: string;
  /** Of the function's role. */
  keyOf: (roleArn: string) => { key: string; role: Role };
}

/** CPU time of one invocation. */
export interface Spent {
  cpuMs: number;
  /** Of loading the function; null: the instance was there already. */
  loadCpuMs: number | null;
}

/** One function of the template: its package unpacked, and as many processes as it was ever needed in at once. */
export class LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly role: Role;
  /** Key of the role, by which it is known to AWS. */
  readonly key: string;
  readonly environment: Record<string, string>;
  /** What its instances have written, a line each. */
  readonly logs: string[] = [];
  /** How invocations ended that did not succeed. */
  readonly errors: string[] = [];
  readonly instances: Instance[] = [];
  invocations = 0;
  readonly memoryMib: number;
  /** After so long an instance that has had nothing to do is gone. */
  keptIdleMs = Number.POSITIVE_INFINITY;
  /** Is told of every invocation that succeeded. */
  seen: (spent: Spent) => void = () => {};
  private readonly deps: FunctionDeps;
  private readonly is: z.infer<typeof functionSchema>;
  private readonly taskRoot: string;
  private idle: Array<{ instance: Instance; sinceMs: number }> = [];

  constructor(id: string, deps: FunctionDeps) {
    this.deps = deps;
    this.is = functionSchema.parse(deps.resolver.propertiesOf(id));
    this.name = this.is.FunctionName;
    this.arn = deps.resolver.attribute(id, "Arn");
    this.memoryMib = this.is.MemorySize;
    const { key, role } = deps.keyOf(this.is.Role);
    if (!role.isFor("lambda.amazonaws.com")) throw new Error(`${id}: its role is not for Lambda`);
    this.key = key;
    this.role = role;
    this.taskRoot = join(deps.folder, this.name);
    for (const [name, content] of deps.files(basename(this.is.Code.S3Key, ".zip"))) {
      const file = join(this.taskRoot, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    this.environment = { ...this.setByLambda(), ...this.is.Environment.Variables };
  }

  /** Kept warm: an instance takes one event after another, and a new one is started when all are at work. @throws FunctionError */
  async invoke(event: unknown): Promise<unknown> {
    this.invocations += 1;
    const nowMs = this.deps.clock.now();
    this.forgetIdle(nowMs - this.keptIdleMs);
    const kept = this.idle.pop()?.instance;
    const instance = kept ?? this.start();
    try {
      const result = await instance.invoke({ event, requestId: randomUUID(), nowMs });
      const { cpuMs, loadCpuMs } = instance.cpuTime;
      this.seen({ cpuMs, loadCpuMs: kept === undefined ? loadCpuMs : null });
      return result;
    } catch (error) {
      if (error instanceof FunctionError) this.errors.push(error.message);
      throw error;
    } finally {
      if (instance.alive) this.idle.push({ instance, sinceMs: nowMs });
    }
  }

  private forgetIdle(beforeMs: number): void {
    for (const { instance, sinceMs } of this.idle) if (sinceMs <= beforeMs) instance.kill();
    this.idle = this.idle.filter(({ sinceMs }) => sinceMs > beforeMs);
  }

  /** Every instance ends in the middle of what it does. */
  kill(): void {
    this.idle.length = 0;
    for (const instance of this.instances) instance.kill();
  }

  async stop(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
  }

  private start(): Instance {
    const instance = new Instance({
      taskRoot: this.taskRoot,
      environment: this.environment,
      memoryMib: this.memoryMib,
      timeoutMs: this.is.Timeout * 1000,
      nowMs: this.deps.clock.now(),
      log: (line) => this.logs.push(line),
    });
    this.instances.push(instance);
    return instance;
  }

  /** Lambda developer guide, "Defined runtime environment variables"; and the endpoint, which is not AWS's own here. */
  private setByLambda(): Record<string, string> {
    return {
      _HANDLER: this.is.Handler,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EXECUTION_ENV: `AWS_Lambda_${this.is.Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: this.name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(this.is.MemorySize),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${this.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "tried",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_ACCESS_KEY_ID: this.key,
      AWS_SECRET_ACCESS_KEY: "secret-of-the-role",
      AWS_SESSION_TOKEN: "token-of-the-role",
      AWS_ENDPOINT_URL: this.deps.endpoint,
      LAMBDA_TASK_ROOT: this.taskRoot,
      LANG: "en_US.UTF-8",
      TZ: ":UTC",
      PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    };
  }
}
