import { describe, expect, it } from "vitest";
import { ownWiring } from "#functions";
import { readWiring } from "../../local/wiring.ts";

function wiringOf(event: string) {
  const lines = [
    "custom: { timeout: 300, visibility: 1800, receives: 5 }",
    `functions: { any: { handler: dist/functions/any/handler.handler, events: [${event}] } }`,
  ];
  return readWiring(lines.join("\n")).functions[0];
}

describe("what a function hangs on", () => {
  const nothing = {
    queue: null,
    everyMinutes: null,
    route: null,
    pageRoutes: [],
    streamed: false,
  };
  it.each([
    [
      "a queue",
      "{ sqs: { arn: !GetAtt AnyQueue.Arn, batchSize: 60, maximumBatchingWindow: 1 } }",
      { ...nothing, queue: { batchSize: 60, windowSeconds: 1 } },
    ],
    ["a schedule", "{ schedule: { rate: [rate(15 minutes)] } }", { ...nothing, everyMinutes: 15 }],
    [
      "requests of one path",
      "{ httpApi: { method: POST, path: '/webhooks/{sender}' } }",
      { ...nothing, route: { method: "POST", path: "/webhooks/{sender}" } },
    ],
    [
      "requests of the page, which regild serve answers itself",
      "{ httpApi: { method: GET, path: '/runs/{run}' } }",
      { ...nothing, pageRoutes: [{ method: "GET", path: "/runs/{run}" }] },
    ],
    [
      "the table's stream, which is not here",
      "{ stream: { type: dynamodb, arn: !GetAtt Table.StreamArn } }",
      { ...nothing, streamed: true },
    ],
  ])("is %s", (_, event, is) => {
    expect(wiringOf(event)).toEqual({ name: "any", module: "functions/any/handler", ...is });
  });

  it("is a mistake when one machine would never call it", () => {
    expect(() => wiringOf("{ kinesis: any }")).toThrow("kinesis");
  });

  it.each([
    "{ httpApi: 'POST /webhooks/{sender}' }",
    "{ httpApi: { method: post, path: /webhooks } }",
    "{ httpApi: { method: '*', path: /webhooks } }",
    "{ httpApi: { method: POST, path: webhooks } }",
    "{ httpApi: { method: POST, path: '/webhooks/{sender+}' } }",
    "{ httpApi: { method: POST, path: /webhooks, authorizer: any } }",
  ])("is a mistake when one machine knows no such route: %s", (event) => {
    expect(() => wiringOf(event)).toThrow("httpApi");
  });

  it("is something, of each function of serverless.yml", () => {
    const { functions } = ownWiring();
    const streamed = functions.filter((wired) => wired.streamed).map(({ name }) => name);
    expect(streamed).toEqual(["publish-events"]);
    const others = functions.filter((wired) => !wired.streamed);
    const isCalled = others.map(
      ({ queue, everyMinutes, route, pageRoutes }) =>
        queue !== null || everyMinutes !== null || route !== null || pageRoutes.length > 0,
    );
    expect(isCalled).not.toContain(false);
    const routes = functions.flatMap(({ name, route }) => (route === null ? [] : [name]));
    expect(routes).toEqual(["on-webhook", "on-command", "on-hook"]);
    const ofPage = functions.flatMap(({ name, pageRoutes: { length } }) =>
      length > 0 ? [name] : [],
    );
    expect(ofPage).toEqual(["dashboard"]);
  });
});
