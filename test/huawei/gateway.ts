import { createServer, type IncomingMessage } from "node:http";
import { listenAt } from "../../local/listen-address.ts";
import type { SimulatedCloud } from "../../local/simulated-cloud/cloud.ts";
import type { HttpRequest } from "../../shared/ports.ts";
import { checkSignature, type Arrived, type KnownKey } from "./signature-check.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

export interface Gateway extends AsyncDisposable {
  authUrl: string;
  /** Why requests were refused. */
  refusals: string[];
  /** Path and query of every request. */
  targets: string[];
  /** Header texts of every request, for who looks for secrets. */
  headers: Array<Record<string, string>>;
  /** The keys that are known; a test may change them. */
  keys: KnownKey[];
  /** By its clock, so much later than by ours. */
  aheadMs: number;
}

/**
 * The API gateway that stands before the services of Huawei Cloud and Open Telekom Cloud: it takes no token, but checks
 * the signature of every request, byte by byte as it arrived, and hands the request on for the project it names.
 */
export async function openGateway(cloud: SimulatedCloud, keys: KnownKey[]): Promise<Gateway> {
  const refusals: string[] = [];
  const targets: string[] = [];
  const seenHeaders: Gateway["headers"] = [];
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const request = await arrived(incoming);
      targets.push(request.target);
      seenHeaders.push(request.headers);
      const { status, headers, text } = answerTo(cloud, gateway, request);
      outgoing.writeHead(status, headers).end(text);
    })();
  });
  const baseUrl = await listenAt(server, { host: "127.0.0.1", port: 0 });
  cloud.world.baseUrl = baseUrl;
  const gateway: Gateway = {
    authUrl: `${baseUrl}/identity/v3`,
    refusals,
    targets,
    headers: seenHeaders,
    keys,
    aheadMs: 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return gateway;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  text: string;
}

function answerTo(cloud: SimulatedCloud, gateway: Gateway, request: Arrived): Reply {
  const { keys, refusals, aheadMs } = gateway;
  const checked = checkSignature(request, keys, Date.now() + aheadMs);
  if ("refusal" in checked) {
    refusals.push(checked.refusal);
    // Gateways quote what they were sent.
    const token = request.headers["x-security-token"] ?? "";
    return json(401, {
      error_msg: `Incorrect IAM authentication information: ${checked.refusal} ${token}`,
      error_code: "APIGW.0301",
      request_id: "5c95f5f1e7b04f0d9d6f2cb1d1c3a8a1",
    });
  }
  const { demo, world } = cloud;
  const url = new URL(request.target, world.baseUrl);
  if (request.method === "GET" && url.pathname === "/identity/v3/projects") {
    const name = url.searchParams.get("name");
    const projects = [demo.project].filter((project) => project.name === name);
    const links = { self: url.href, next: null, previous: null };
    return json(200, { projects: projects.map((is) => ({ ...is, domain_id: "d1" })), links });
  }
  if (request.headers["x-project-id"] !== demo.project.id) {
    return json(403, { error_msg: "the project is not one of this key", error_code: "APIGW.0302" });
  }
  const method = METHODS.find((known) => known === request.method) ?? "GET";
  const token = world.identity.issue(demo, "password", Date.now(), 3600).id;
  const inner: HttpRequest = {
    method,
    url: url.href,
    headers: { ...request.headers, "x-auth-token": token },
    body: request.body,
    timeoutMs: 60_000,
  };
  return cloud.handle(inner);
}

function json(status: number, body: unknown): Reply {
  const headers = { "content-type": "application/json" };
  return { status, headers, text: JSON.stringify(body) };
}

async function arrived(incoming: IncomingMessage): Promise<Arrived> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = [value].flat().join(", ");
  }
  const { method = "GET", url: target = "/" } = incoming;
  return { method, target, headers, body: Buffer.concat(chunks).toString("utf8") };
}
