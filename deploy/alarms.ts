import { type MetricName, NAMESPACE } from "../shared/lambda/metrics.ts";
import { API_NAMESPACE, THROTTLED } from "./http-api.ts";
import {
  attribute,
  EVERY_FUNCTION,
  logicalId,
  madeFor,
  merged,
  QUEUED,
  ref,
  type Resource,
  type Resources,
  SCHEDULED,
  STREAMED,
} from "./names.ts";

const PERIOD_SECONDS = 300;
/** A message may wait 15 minutes to be shown, and 30 more after each receive that was not answered. */
const OLD_SECONDS = 7200;
/** A change is told within seconds, or tried again. */
const OLD_CHANGE_MS = 900_000;

interface Watched {
  text: string;
  namespace: "AWS/SQS" | "AWS/Lambda" | "AWS/ApiGateway" | typeof NAMESPACE | typeof API_NAMESPACE;
  metric: string;
  of: object[];
  statistic: "Sum" | "Maximum";
}

/**
 * docs/aws-alarms.md says what each alarm means and what to do.
 * @param topicKey ARN of the key that encrypts their topic; empty: no key. AWS's own key for topics takes no message of an
 *   alarm (CloudWatch user guide, Using Amazon CloudWatch alarms, Alarm actions), so there is nothing in between.
 */
export function alarms(topicKey: string): Resources {
  const made = [
    ...QUEUED.flatMap((step) => [
      { [logicalId(step, "DeadLettersAlarm")]: deadLetters(step) },
      { [logicalId(step, "AgeAlarm")]: age(step, "Queue") },
      { [logicalId(step, "DeadLettersAgeAlarm")]: age(step, "DeadLetters") },
    ]),
    ...EVERY_FUNCTION.flatMap((name) => [
      { [logicalId(name, "ErrorsAlarm")]: errors(name) },
      { [logicalId(name, "ThrottlesAlarm")]: throttles(name) },
    ]),
    ...SCHEDULED.map((name) => ({ [logicalId(name, "StoppedAlarm")]: stopped(name) })),
    {
      RecipesOverdueAlarm: overdue(),
      CurrentImagesUnusableAlarm: unusable(),
      RunsStandStillAlarm: standStill(),
    },
    ...STREAMED.flatMap((name) => [
      { [logicalId(name, "BehindAlarm")]: behind(name) },
      { [logicalId(name, "FailuresAlarm")]: failures(name) },
    ]),
    {
      EventsLostAlarm: lost(),
      WebhooksFailedAlarm: webhooksFailed(),
      RequestsRefusedAlarm: requestsRefused(),
      RequestsThrottledAlarm: requestsThrottled(),
    },
  ];
  const Properties = topicKey === "" ? {} : { KmsMasterKeyId: topicKey };
  return merged([{ Alarms: { Type: "AWS::SNS::Topic", Properties } }, ...made]);
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
const stopped = (name: (typeof SCHEDULED)[number]) => {
  const minutes = name === "check-freshness" ? 30 : PERIOD_SECONDS / 60;
  return alarm(
    {
      ...functionMetric(name, "Invocations"),
      text: `${name} was not started for ${2 * minutes} minutes`,
    },
    {
      comparison: "LessThanThreshold",
      threshold: 1,
      periods: 2,
      periodSeconds: minutes * 60,
      missing: "breaching",
    },
  );
};

/** Checks are a quarter of an hour apart, sometimes a little more: a period without one says nothing. */
const overdue = () =>
  alarm(
    {
      ...ownMetric("check-freshness", "regild_recipe_overdue"),
      statistic: "Maximum",
      text: "A recipe has come to no new image by its schedule: the log of check-freshness names it, regild runs RECIPE says why",
    },
    {
      comparison: "GreaterThanThreshold",
      threshold: 0,
      periods: 1,
      periodSeconds: 900,
      missing: "ignore",
    },
  );

const unusable = () =>
  alarm(
    {
      ...ownMetric("check-freshness", "regild_recipe_current_unusable"),
      statistic: "Maximum",
      text: "The current image of a recipe was deleted or deactivated outside Regild: regild status names it",
    },
    {
      comparison: "GreaterThanThreshold",
      threshold: 0,
      periods: 1,
      periodSeconds: 900,
      missing: "ignore",
    },
  );

/**
 * A run whose message was lost goes on when the sweep has sent it another: nobody needs to know. Where runs are sent on in
 * one period after the other, that does not help them, or messages are lost all the time.
 */
const standStill = () =>
  alarm(
    {
      ...ownMetric("sweep", "regild_sweep_sent_on_total", { kind: "run" }),
      text: "For a quarter of an hour the sweep has sent runs on: their functions do not get to them, or fail before they can say so",
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 3, missing: "notBreaching" },
  );

const behind = (name: string) =>
  alarm(
    {
      ...functionMetric(name, "IteratorAge"),
      statistic: "Maximum",
      text: `${name} is behind: changes of the table are not told`,
    },
    {
      comparison: "GreaterThanThreshold",
      threshold: OLD_CHANGE_MS,
      periods: 1,
      missing: "notBreaching",
    },
  );

/** Nobody receives them: they stay until somebody has looked. */
const failures = (name: string) =>
  alarm(
    {
      ...queueMetric(name, "Failures", "ApproximateNumberOfMessagesVisible"),
      statistic: "Maximum",
      text: `${name} has given up on changes of the table: they were never told`,
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 1, missing: "notBreaching" },
  );

const lost = () =>
  alarm(
    {
      ...ownMetric("publish-events", "regild_events_lost_total"),
      text: "A change of the table will never be told: the log of publish-events says which and why",
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 1, missing: "notBreaching" },
  );

/** Most senders do not send again by themselves, GitHub among them. */
const webhooksFailed = () =>
  alarm(
    {
      namespace: "AWS/ApiGateway",
      metric: "5xx",
      of: [{ Name: "ApiId", Value: ref("HttpApi") }],
      statistic: "Sum",
      text: "A webhook was not taken, or a page not answered: have the sender deliver it again",
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 1, missing: "notBreaching" },
  );

/** Single requests are refused all the time: whoever scans the internet finds this address too. */
const MANY_REFUSED = 100;

const requestsRefused = () =>
  alarm(
    {
      namespace: "AWS/ApiGateway",
      metric: "4xx",
      of: [{ Name: "ApiId", Value: ref("HttpApi") }],
      statistic: "Sum",
      text: "Many requests were refused within five minutes: somebody guesses, or a sender has a wrong secret",
    },
    {
      comparison: "GreaterThanThreshold",
      threshold: MANY_REFUSED,
      periods: 1,
      missing: "notBreaching",
    },
  );

/** A sender that is answered 429 does not send again, for most of them. */
const requestsThrottled = () =>
  alarm(
    {
      namespace: API_NAMESPACE,
      metric: THROTTLED,
      of: [],
      statistic: "Sum",
      text: "Requests were answered 429: genuine webhooks may be among them",
    },
    { comparison: "GreaterThanThreshold", threshold: 0, periods: 1, missing: "notBreaching" },
  );

function queueMetric(step: string, kind: string, metric: string): Omit<Watched, "text"> {
  const of = { Name: "QueueName", Value: attribute(logicalId(step, kind), "QueueName") };
  return { namespace: "AWS/SQS", metric, of: [of], statistic: "Sum" };
}

function functionMetric(name: string, metric: string): Omit<Watched, "text"> {
  const of = { Name: "FunctionName", Value: ref(madeFor(name, "LambdaFunction")) };
  return { namespace: "AWS/Lambda", metric, of: [of], statistic: "Sum" };
}

/** One that the function's code writes: test/aws/template.test.ts has it do so. */
function ownMetric(
  name: string,
  metric: MetricName,
  by: Record<string, string> = {},
): Omit<Watched, "text"> {
  const { of, statistic } = functionMetric(name, metric);
  const words = Object.entries(by).map(([Name, Value]) => ({ Name, Value }));
  return { namespace: NAMESPACE, metric, of: [...of, ...words], statistic };
}

function alarm(
  { text, namespace, metric, of, statistic }: Watched,
  is: {
    comparison: "GreaterThanThreshold" | "LessThanThreshold";
    threshold: number;
    periods: number;
    periodSeconds?: number;
    missing: "breaching" | "notBreaching" | "ignore";
  },
): Resource {
  return {
    Type: "AWS::CloudWatch::Alarm",
    Properties: {
      AlarmDescription: text,
      Namespace: namespace,
      MetricName: metric,
      Dimensions: of,
      Statistic: statistic,
      Period: is.periodSeconds ?? PERIOD_SECONDS,
      EvaluationPeriods: is.periods,
      ComparisonOperator: is.comparison,
      Threshold: is.threshold,
      TreatMissingData: is.missing,
      AlarmActions: [ref("Alarms")],
      OKActions: [ref("Alarms")],
    },
  };
}
