import * as z from "zod/mini";
import type { LambdaFunction } from "./lambda.ts";
import type { Role } from "./roles.ts";

export const scheduleSchema = z.strictObject({
  ScheduleExpression: z.string(),
  State: z.literal("ENABLED"),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal("OFF") }),
  Target: z.strictObject({ Arn: z.string(), RoleArn: z.string() }),
});

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** EventBridge Scheduler with one schedule. It has no permission but its role's. */
export class Schedule {
  readonly lambda: LambdaFunction;
  /** When the function is started next. */
  atMs: number;
  private readonly everyMs: number;

  constructor(
    is: z.infer<typeof scheduleSchema>,
    lambda: LambdaFunction,
    role: Role,
    nowMs: number,
  ) {
    const [, count = "", unit = ""] = /^rate\((\d+) (\w+?)s?\)$/.exec(is.ScheduleExpression) ?? [];
    const unitMs = UNIT_MS[unit];
    if (unitMs === undefined) throw new Error(`${is.ScheduleExpression} is no rate`);
    if (
      !role.isFor("scheduler.amazonaws.com") ||
      !role.allows("lambda:InvokeFunction", lambda.arn)
    ) {
      throw new Error(`${role.arn} does not let the schedule start ${lambda.name}`);
    }
    this.everyMs = Number(count) * unitMs;
    this.atMs = nowMs + this.everyMs;
    this.lambda = lambda;
  }

  /** Starts the function if its time has come. Fails as Lambda does: the error is kept there, and nobody tries again. */
  tick(nowMs: number): Promise<void> | null {
    if (nowMs < this.atMs) return null;
    this.atMs = nowMs + this.everyMs;
    return this.start();
  }

  private async start(): Promise<void> {
    try {
      await this.lambda.invoke({});
    } catch {
      // kept with the function's errors
    }
  }
}
