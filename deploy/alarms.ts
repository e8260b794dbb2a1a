import {
  attribute,
  EVERY_FUNCTION,
  logicalId,
  madeFor,
  merged,
  ref,
  type Resource,
  type Resources,
  SCHEDULED,
  STEPS,
} from "./names.ts";

const PERIOD_SECONDS = 300;
/** A message may wait 15 minutes to be shown, and 30 more after each receive that was not answered. */
const OLD_SECONDS = 7200;

interface Watched {
  text: string;
  namespace: "AWS/SQS" | "AWS/Lambda";
  metric: string;
  of: object;
  statistic: "Sum" | "Maximum";
}

/** What each alarm means and what to do is in the README. */
export function alarms(): Resources {
  const made = [
    ...STEPS.flatMap((step) => [
      { [logicalId(step, "DeadLettersAlarm")]: deadLetters(step) },
      { [logicalId(step, "AgeAlarm")]: age(step, "Queue") },
      { [logicalId(step, "DeadLettersAgeAlarm")]: age(step, "DeadLetters") },
    ]),
    ...EVERY_FUNCTION.flatMap((name) => [
      { [logicalId(name, "ErrorsAlarm")]: errors(name) },
      { [logicalId(name, "ThrottlesAlarm")]: throttles(name) },
    ]),
    ...SCHEDULED.map((name) => ({ [logicalId(name, "StoppedAlarm")]: stopped(name) })),
  ];
  return merged([{ Alarms: { Type: "AWS::SNS::Topic", Properties: {} } }, ...made]);
}

/** Received counts what the function has taken away already; what it takes is shown for minutes at most. */
const deadLetters = (step: string) =>
  alarm(
    {
      ...queueMetric(step, "DeadLetters", "NumberOfMessagesReceived"),
      text: `A message of ${step} was received too often: nobody could process it`,
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 1, missing: "notBreaching" },
  );

const age = (step: string, kind: "Queue" | "DeadLetters") =>
  alarm(
    {
      ...queueMetric(step, kind, "ApproximateAgeOfOldestMessage"),
      statistic: "Maximum",
      text:
        kind === "Queue"
          ? `Messages of ${step} are waiting: its function fails or cannot keep up`
          : `Dead letters of ${step} are waiting: the function that keeps them fails`,
    },
    {
      comparison: "GreaterThanThreshold",
      threshold: OLD_SECONDS,
      periods: 1,
      missing: "notBreaching",
    },
  );

const errors = (name: string) =>
  alarm(
    { ...functionMetric(name, "Errors"), text: `${name} broke off: by an error or its time-out` },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 2, missing: "notBreaching" },
  );

const throttles = (name: string) =>
  alarm(
    {
      ...functionMetric(name, "Throttles"),
      text: `${name} was not started: too many functions run in this account and region`,
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 3, missing: "notBreaching" },
  );

/** Without its ticks nothing starts and what is lost stays lost: all runs stand still in the end. */
const stopped = (name: string) =>
  alarm(
    { ...functionMetric(name, "Invocations"), text: `${name} was not started for ten minutes` },
    { comparison: "LessThanThreshold", threshold: 1, periods: 2, missing: "breaching" },
  );

function queueMetric(step: string, kind: string, metric: string): Omit<Watched, "text"> {
  const of = { Name: "QueueName", Value: attribute(logicalId(step, kind), "QueueName") };
  return { namespace: "AWS/SQS", metric, of, statistic: "Sum" };
}

function functionMetric(name: string, metric: string): Omit<Watched, "text"> {
  const of = { Name: "FunctionName", Value: ref(madeFor(name, "LambdaFunction")) };
  return { namespace: "AWS/Lambda", metric, of, statistic: "Sum" };
}

function alarm(
  { text, namespace, metric, of, statistic }: Watched,
  is: {
    comparison: "GreaterThanThreshold" | "LessThanThreshold";
    threshold: number;
    periods: number;
    missing: "breaching" | "notBreaching";
  },
): Resource {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: text,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: [of],
      Statistic: statistic,
      Period: PERIOD_SECONDS,
      EvaluationPeriods: is.periods,
      ComparisonOperator: is.comparison,
      Threshold: is.threshold,
      TreatMissingData: is.missing,
      AlarmActions: [ref("Alarms")],
      OKActions: [ref("Alarms")],
    },
  };
}
