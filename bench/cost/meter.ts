import * as z from "zod/mini";
import type { Answer, Call } from "../../test/aws/stack/front.ts";
import type { LambdaFunction } from "../../test/aws/stack/lambda.ts";
import type { Stack } from "../../test/aws/stack/stack.ts";
import type { Template } from "../../test/aws/template/compiled.ts";
import { metricsIn } from "./own-metrics.ts";
import { TableMirror } from "./table-mirror.ts";
import { emptyTally, noteInvocation, type Tally } from "./tally.ts";

/** For so long DynamoDB keeps the table's key for each role that calls it, as assumed; then it asks KMS for it again. */
const TABLE_KEY_KEPT_MS = 5 * 60_000;

const receivedSchema = z.object({ Messages: z._default(z.array(z.unknown()), []) });
const sentSchema = z.object({ MessageBody: z.string() });
const entriesSchema = z.object({ Entries: z.array(z.unknown()) });
const requestSchema = z.object({ key: z.object({ sk: z.string() }) });

export interface Metered {
  /** By function, in the template's order. */
  tallies: ReadonlyMap<LambdaFunction, Tally>;
  /** Looks at a run: messages for it, each counted once. */
  checks: number;
  /** Messages sent on since SQS keeps none back for longer than 15 minutes. */
  hops: number;
  /** Of each function, metrics of one's own times hours in which they were sent. */
  metricHours: ReadonlyMap<LambdaFunction, number>;
  /** How many there are of them. */
  metrics: number;
}

/** Counts what the stack does, from `start` on. */
export class Meter {
  private readonly stack: Stack;
  private readonly table: TableMirror;
  /** CPU time of a process that does nothing at all. */
  private readonly bareStartCpuMs: number;
  private tallies = new Map<LambdaFunction, Tally>();
  private linesBefore = new Map<LambdaFunction, number>();
  private readonly sent = new Set<string>();
  private keysAskedFor = new Set<string>();
  private checks = 0;
  private hops = 0;

  constructor(stack: Stack, template: Template, bareStartCpuMs: number) {
    this.stack = stack;
    this.table = new TableMirror(template);
    this.bareStartCpuMs = bareStartCpuMs;
    stack.parts.front.seen = (call, answer) => this.noteCall(call, answer);
    for (const lambda of stack.parts.functions) {
      const { memoryMib } = lambda;
      lambda.seen = ({ cpuMs, loadCpuMs }) => {
        const startCpuMs = loadCpuMs === null ? null : loadCpuMs + this.bareStartCpuMs;
        noteInvocation(this.tallyOf(lambda), { cpuMs, startCpuMs, memoryMib });
      };
    }
    this.start();
  }

  start(): void {
    const { functions } = this.stack.parts;
    this.tallies = new Map(functions.map((lambda) => [lambda, emptyTally()]));
    this.linesBefore = new Map(functions.map((lambda) => [lambda, lambda.logs.length]));
    this.keysAskedFor.clear();
    this.checks = this.hops = 0;
  }

  /** What has been counted by now. */
  read(): Metered {
    const metricHours = new Map<LambdaFunction, number>();
    const metrics = new Set<string>();
    for (const [lambda, tally] of this.tallies) {
      const lines = lambda.logs.slice(this.linesBefore.get(lambda));
      tally.logBytes = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line), 0);
      const told = lines.flatMap((line) => metricsIn(line) ?? []);
      tally.calls.cloud = told.reduce((sum, { cloudCalls }) => sum + cloudCalls, 0);
      const hours = new Set(told.flatMap((one) => one.metricHours));
      metricHours.set(lambda, hours.size);
      for (const hour of hours) metrics.add(hour.replace(/ \d+$/, ""));
    }
    const { tallies, checks, hops } = this;
    return { tallies, checks, hops, metricHours, metrics: metrics.size };
  }

  private noteCall(call: Call, answer: Answer): void {
    const [service] = call.action.split(":");
    const units = service === "dynamodb" ? this.table.unitsOf(call, answer) : { read: 0, write: 0 };
    const lambda = this.stack.parts.functions.find(({ role }) => role.arn === call.caller);
    if (lambda === undefined) return; // the operator
    const tally = this.tallyOf(lambda);
    if (service === "dynamodb") {
      tally.calls.dynamodb += 1;
      tally.readUnits += units.read;
      tally.writeUnits += units.write;
      this.noteTableKey(lambda, tally);
    }
    if (service === "sqs") this.noteQueue(call, answer, tally);
    if (service === "events") {
      tally.calls.events += 1;
      tally.busEvents += entriesSchema.parse(call.input).Entries.length;
    }
    if (service === "ssm") {
      tally.calls.ssm += 1;
      tally.kmsRequests += 1;
    }
  }

  private noteTableKey({ name }: LambdaFunction, tally: Tally): void {
    const asked = `${name} ${Math.floor(this.stack.parts.clock.now() / TABLE_KEY_KEPT_MS)}`;
    if (this.keysAskedFor.has(asked)) return;
    this.keysAskedFor.add(asked);
    tally.kmsRequests += 1;
  }

  private noteQueue({ action, input }: Call, answer: Answer, tally: Tally): void {
    if (action === "sqs:ReceiveMessage") {
      // Whether anything is there, the emulator is asked more often than SQS is.
      if (receivedSchema.parse(JSON.parse(answer.text)).Messages.length === 0) return;
    }
    tally.sqsRequests += 1;
    if (action !== "sqs:SendMessage") return;
    tally.calls.sqs += 1;
    const { MessageBody } = sentSchema.parse(input);
    if (!requestSchema.parse(JSON.parse(MessageBody)).key.sk.startsWith("run#")) return;
    if (this.sent.has(MessageBody)) this.hops += 1;
    else this.checks += 1;
    this.sent.add(MessageBody);
  }

  private tallyOf(lambda: LambdaFunction): Tally {
    const tally = this.tallies.get(lambda);
    if (tally === undefined) throw new Error(`${lambda.name} is not counted`);
    return tally;
  }
}
