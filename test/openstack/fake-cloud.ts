import { expect } from "vitest";
import type { ApiCall, Cloud } from "../../shared/cloud-ports.ts";
import type { Http, HttpFailure, HttpRequest, HttpResponse, Timing } from "../../shared/ports.ts";
import { openClouds } from "../../shared/openstack/cloud.ts";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import { CloudError } from "../../shared/openstack/errors.ts";

export type Answer = HttpResponse | HttpFailure;
export type Handler = (request: HttpRequest) => Answer;

export const PROJECT = "41171e32e92b4c9bb4cc8bb07e2b7fd9";
export const ID = "97b9cd9f-1c67-4591-938c-2dbc7133ff47";
export const NOW_MS = Date.parse("2026-11-22T05:00:00Z");
export const TIMING: Timing = {
  windowMs: 30_000,
  callTimeoutMs: 60_000,
  skewMs: 60_000,
  graceMs: 200_000,
};

export const CONFIG: CloudConfig = {
  name: "lab",
  authUrl: "http://id.example/v3",
  auth: {
    kind: "password",
    user: { name: "demo", domain: { id: "default" } },
    password: "open-sesame",
    project: { name: "demo", domain: { id: "default" } },
  },
  regionNames: [],
  interfaces: ["public"],
  services: {},
  endpointOverrides: {},
  tls: { cacert: null, cert: null, key: null, verify: true },
  proxy: null,
  variants: new Map(),
};

export interface FakeOptions {
  config?: Partial<CloudConfig>;
  endpoints?: Partial<typeof ENDPOINTS>;
  /** Newest versions, null: a service root that shows none. */
  newest?: { compute?: string | null; volume?: string | null; image?: string | null };
  tokenSeconds?: number;
  /** Fields of the token, besides the usual ones or in their place. */
  token?: object;
  /** So long each version document takes. */
  versionsMs?: number;
}

const ENDPOINTS = {
  compute: "http://nova.example/v2.1",
  volumev3: `http://cinder.example/v3/${PROJECT}`,
  image: "http://glance.example",
};

/** Fake HTTP below the real adapter: sign-in and version documents are answered, the rest is the test's. */
export function fakeCloud(handle: Handler, options: FakeOptions = {}) {
  const clock = { nowMs: NOW_MS };
  /** All but sign-ins and version documents. */
  const requests: HttpRequest[] = [];
  const calls: ApiCall[] = [];
  let signIns = 0;
  const http: Http = {
    send: async (request) => {
      const url = new URL(request.url);
      if (url.pathname === "/v3/auth/tokens") {
        signIns += 1;
        return signedIn(signIns, clock.nowMs, options);
      }
      if (/^(\/image)?\/(v[\d.]+\/)?$/.test(url.pathname)) {
        clock.nowMs += options.versionsMs ?? 0;
        return versionDocument(url.hostname, options);
      }
      requests.push(request);
      return handle(request);
    },
  };
  const cloud = openFake(http, options, clock, calls);
  return { cloud, http, clock, requests, calls, signIns: () => signIns };
}

export function openFake(
  http: Http,
  options: FakeOptions,
  clock: { nowMs: number },
  calls: ApiCall[],
  untilMs?: number,
): Cloud {
  const config = { ...CONFIG, ...options.config };
  const clouds = openClouds(new Map([[config.name, config]]), {
    http: () => http,
    now: () => clock.nowMs,
    timing: TIMING,
  });
  const ref = { cloud: config.name, region: null };
  return clouds.open(ref, (call) => calls.push(call), untilMs);
}

export function response(
  status: number,
  body: unknown = "",
  headers: Record<string, string> = {},
): HttpResponse {
  return {
    kind: "response",
    status,
    headers: { "x-openstack-request-id": "req-1", ...headers },
    text: typeof body === "string" ? body : JSON.stringify(body),
  };
}

export const lost: HttpFailure = { kind: "failure", sent: true, reason: "ECONNRESET" };
export const notSent: HttpFailure = { kind: "failure", sent: false, reason: "ECONNREFUSED" };

/** Answers in turn, and fails the test when asked for more. */
export function inTurn(...answers: Answer[]): Handler {
  return (request) => {
    const next = answers.shift();
    if (next === undefined) throw new Error(`unexpected: ${request.method} ${request.url}`);
    return next;
  };
}

export async function refusal(promise: Promise<unknown>): Promise<CloudError> {
  const error = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(CloudError);
  if (!(error instanceof CloudError)) throw new Error("no CloudError");
  return error;
}

/** A Keystone of Zed: `POST /v3/auth/tokens`. */
export function signedIn(nth: number, nowMs: number, options: FakeOptions): HttpResponse {
  const endpoints = { ...ENDPOINTS, ...options.endpoints };
  const lifeMs = (options.tokenSeconds ?? 86_400) * 1000;
  return response(
    201,
    {
      token: {
        issued_at: new Date(nowMs).toISOString(),
        expires_at: new Date(nowMs + lifeMs).toISOString(),
        project: { id: PROJECT, name: "demo" },
        roles: [{ name: "member" }],
        catalog: Object.entries(endpoints).map(([type, url]) => ({
          type,
          endpoints: [{ interface: "public", region: "az1", region_id: "az1", url }],
        })),
        ...options.token,
      },
    },
    { "x-subject-token": `token-${nth}` },
  );
}

function versionDocument(host: string, { newest }: FakeOptions): HttpResponse {
  const { compute = "2.93", volume = "3.70", image = "v2.15" } = newest ?? {};
  if (host === "nova.example") return micro("v2.1", "2.1", compute);
  if (host === "cinder.example") return micro("v3.0", "3.0", volume);
  return image === null ? response(404) : response(300, { versions: [{ id: image }] });
}

function micro(id: string, min_version: string, version: string | null): HttpResponse {
  return version === null
    ? response(401)
    : response(300, { versions: [{ id, version, min_version }] });
}
