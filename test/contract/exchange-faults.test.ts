import { beforeEach, describe, expect, it } from "vitest";
import type { Effect, Fault } from "../../local/simulated-cloud/faults.ts";
import { serveCloud } from "../../local/simulated-cloud/serve.ts";
import { openTransport } from "../../local/transport.ts";
import type { Http, HttpRequest } from "../../shared/ports.ts";
import { configOf, simulatedTarget } from "./simulated-target.ts";
import { Stage } from "./stage.ts";

let target: ReturnType<typeof simulatedTarget>;
let stage: Stage;
beforeEach(async () => {
  target = simulatedTarget();
  stage = new Stage(target);
  await stage.open();
});

function plan(operation: string, effect: Effect, on: Omit<Fault["on"], "operation"> = {}): void {
  target.simulated.faults.add({ on: { operation, ...on }, effect });
}

const imagesMade = (): number => target.simulated.world.firstZone.images.size - 1;

/** A create that can be told from another: POST /v2/images. */
function createRequest(fields: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "POST",
    url: `${stage.raw.endpoint("image")}/v2/images`,
    headers: {
      accept: "*/*",
      "x-auth-token": stage.raw.token,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name: stage.name("made") }),
    timeoutMs: 10_000,
    ...fields,
  };
}

describe("what goes wrong with an exchange", () => {
  const send = () => target.http.send(createRequest());

  it("an answer lost on the way is a failure, and the thing is made", async () => {
    plan("image.create", { kind: "reset", executed: true });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    expect(imagesMade()).toBe(1);
  });

  it("a request lost on the way looks the same, and nothing is made", async () => {
    plan("image.create", { kind: "silence", executed: false });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    expect(imagesMade()).toBe(0);
  });

  it("an unreachable service was provably not asked", async () => {
    plan("image.create", { kind: "unreachable" });
    expect(await send()).toMatchObject({ kind: "failure", sent: false });
    expect(imagesMade()).toBe(0);
  });

  it("a delayed request is done when nobody waits for it any more", async () => {
    plan("image.create", { kind: "delayed", seconds: 300 });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    await target.pass(299);
    target.simulated.settle();
    expect(imagesMade()).toBe(0);
    await target.pass(1);
    target.simulated.settle();
    expect(imagesMade()).toBe(1);
  });

  it("an answer slower than the time-out is none, a quicker one is whole", async () => {
    plan("image.create", { kind: "latency", seconds: 11 });
    expect(await send()).toMatchObject({ kind: "failure", sent: true });
    plan("image.create", { kind: "latency", seconds: 9 });
    expect(await send()).toMatchObject({ kind: "response", status: 201 });
    expect(imagesMade()).toBe(2);
  });

  it("a status is answered in the service's own words, done or not", async () => {
    plan("image.create", { kind: "status", status: 503, executed: true });
    expect(await send()).toMatchObject({
      status: 503,
      text: expect.stringContaining("<h1>503 Service Unavailable</h1>"),
    });
    expect(imagesMade()).toBe(1);
    plan("compute.listServers", {
      kind: "status",
      status: 429,
      headers: { "retry-after": "7" },
      message: "slow down",
    });
    const limited = await stage.compute("GET", "/servers");
    expect(limited.headers["retry-after"]).toBe("7");
    expect(limited.json).toEqual({
      overLimit: { code: 429, message: "slow down", retryAfter: "7" },
    });
    plan("compute.listServers", { kind: "status", status: 502, html: true });
    const proxy = await stage.compute("GET", "/servers");
    expect(proxy).toMatchObject({ status: 502, json: null });
    expect(proxy.text).toContain("<title>502 Bad Gateway</title>");
  });

  it("a truncated answer is no JSON", async () => {
    plan("image.create", { kind: "truncated" });
    const answer = await send();
    const text = answer.kind === "response" ? answer.text : "";
    expect(text).toMatch(/^\{/u);
    expect(() => void JSON.parse(text)).toThrow(SyntaxError);
  });

  it("a fault strikes the requests it names, from the nth on, so many times", async () => {
    plan("image.show", { kind: "status", status: 500 }, { nth: 2, times: 2 });
    target.simulated.faults.add({
      on: { method: "GET", path: "/v2/images$", times: Infinity },
      effect: { kind: "status", status: 504 },
    });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) {
      statuses.push((await stage.image("GET", `/v2/images/${stage.baseImageId}`)).status);
    }
    expect(statuses).toEqual([200, 500, 500, 200]);
    for (let twice = 0; twice < 2; twice += 1) {
      expect((await stage.image("GET", "/v2/images")).status).toBe(504);
    }
    target.simulated.faults.clear();
    expect((await stage.image("GET", "/v2/images")).status).toBe(200);
  });

  it("handle() knows no network: it executes and answers whatever was planned for the exchange", () => {
    plan("image.create", { kind: "silence", executed: false });
    expect(target.simulated.handle(createRequest())).toMatchObject({ status: 201 });
  });
});

describe("what goes wrong over HTTP", () => {
  const overHttp = async (test: (http: Http) => Promise<void>): Promise<void> => {
    const { close } = await serveCloud(target.simulated, { port: 0 });
    const proxies = { always: null, http: null, https: null, all: null, noProxy: null };
    const tls = { ca: null, cert: null, key: null, verify: true };
    const http = openTransport({ tls, proxies });
    const config = configOf(target.simulated, target.simulated.demo);
    stage = new Stage({ ...target, http, config });
    await stage.open();
    try {
      await test(http);
    } finally {
      await close();
    }
  };

  it("a reset and a silence are failures after sending", () =>
    overHttp(async (http) => {
      plan("image.create", { kind: "reset", executed: true });
      expect(await http.send(createRequest())).toMatchObject({ kind: "failure", sent: true });
      plan("image.create", { kind: "silence", executed: true });
      const brief = createRequest({ timeoutMs: 50 });
      expect(await http.send(brief)).toMatchObject({ kind: "failure", sent: true });
      expect(imagesMade()).toBe(2);
    }));
});
