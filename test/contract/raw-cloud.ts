import * as z from "zod/mini";
import type { CloudConfig } from "../../shared/openstack/config.ts";
import type { Http, HttpRequest } from "../../shared/ports.ts";

/** Requests as they go over the wire, where the adapter's ports say less than the contract does. */
export interface RawCloud {
  projectId: string;
  userId: string;
  token: string;
  /** Regions that have an image service. */
  imageRegions: string[];
  /** Of the catalog, without a slash at the end. */
  endpoint: (service: "compute" | "volume" | "image", region?: string) => string;
  /** Whatever the status: judging it is the test's part. */
  call: (request: RawCall) => Promise<RawAnswer>;
}

export interface RawCall {
  service: "identity" | "compute" | "volume" | "image";
  method?: HttpRequest["method"];
  /** Below the endpoint; an image path begins with `/v2`. `root`: below the service's root instead. */
  path: string;
  root?: boolean;
  /** Sent as JSON, unless it is text. */
  body?: unknown;
  contentType?: string;
  /** Microversion, like `2.45`. */
  version?: string;
  region?: string;
  /** In place of the signed-in one; null: none. */
  token?: string | null;
  headers?: Record<string, string>;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** Null when the body is no JSON. */
  json: unknown;
}

const signedIn = z.object({
  token: z.object({
    user: z.object({ id: z.string() }),
    project: z.object({ id: z.string() }),
    catalog: z.array(
      z.object({
        type: z.string(),
        endpoints: z.array(
          z.object({ interface: z.string(), region_id: z.string(), url: z.string() }),
        ),
      }),
    ),
  }),
});

const CATALOG_TYPES = { compute: "compute", volume: "volumev3", image: "image" };

export async function signInRaw(http: Http, config: CloudConfig): Promise<RawCloud> {
  const answer = await postToken(http, config.authUrl, loginBody(config));
  if (answer.status !== 201) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
  const token = answer.headers["x-subject-token"] ?? "";
  const { user, project, catalog } = signedIn.parse(answer.json).token;
  const urlsOf = (type: string): Map<string, string> =>
    new Map(
      catalog
        .filter((service) => service.type === type)
        .flatMap((service) => service.endpoints)
        .filter((endpoint) => endpoint.interface === config.interfaces[0])
        .map(({ region_id, url }) => [region_id, url.replace(/\/$/u, "")]),
    );
  const imageUrls = urlsOf("image");
  const endpointOf: RawCloud["endpoint"] = (service, region) => {
    const urls = urlsOf(CATALOG_TYPES[service]);
    const wanted = region ?? config.regionNames[0] ?? [...urls.keys()][0] ?? "";
    return urls.get(wanted) ?? `no-${service}-in-${wanted}`;
  };
  return {
    projectId: project.id,
    userId: user.id,
    token,
    imageRegions: [...imageUrls.keys()].toSorted(),
    endpoint: endpointOf,
    call: (request) => {
      const { service, region } = request;
      const endpoint = service === "identity" ? config.authUrl : endpointOf(service, region);
      const base = request.root === true ? rootOf(endpoint) : endpoint;
      return send(http, `${base}${request.path}`, { token, ...request });
    },
  };
}

/** The version documents live above `/v2.1`, `/v2/PROJECT`, `/v3` and `/v3/PROJECT`. */
export function rootOf(endpoint: string): string {
  return endpoint.replace(/\/v\d+(\.\d+)?(\/[0-9a-f]{32})?$/u, "");
}

export function postToken(http: Http, authUrl: string, body: unknown): Promise<RawAnswer> {
  return send(http, `${authUrl}/auth/tokens`, {
    service: "identity",
    method: "POST",
    path: "",
    body,
    token: null,
  });
}

async function send(http: Http, url: string, request: RawCall): Promise<RawAnswer> {
  const { service, method = "GET", body, version, token } = request;
  const answer = await http.send({
    method,
    url,
    headers: {
      accept: "*/*",
      ...(body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
      ...(token === null || token === undefined ? {} : { "x-auth-token": token }),
      ...(version === undefined ? {} : { "openstack-api-version": `${service} ${version}` }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    timeoutMs: 60_000,
    // The operator restarts services: a kept connection may be a dead one.
    fresh: true,
  });
  if (answer.kind === "failure") throw new Error(`${method} ${url}: ${answer.reason}`);
  const { status, headers, text } = answer;
  const isJson = headers["content-type"]?.includes("json") === true && text !== "";
  const json: unknown = isJson ? JSON.parse(text) : null;
  return { status, headers, text, json };
}

/** The body of POST /v3/auth/tokens for one entry of clouds.yaml. */
export function loginBody(config: CloudConfig): { auth: Record<string, unknown> } {
  const { auth } = config;
  if (auth.kind === "application-credential") {
    const { credential, secret } = auth;
    const methods = ["application_credential"];
    return { auth: { identity: { methods, application_credential: { ...credential, secret } } } };
  }
  if (auth.kind === "access-key") throw new Error("an access key signs in without a token");
  const { user, password, project } = auth;
  return {
    auth: {
      identity: { methods: ["password"], password: { user: { ...user, password } } },
      scope: { project },
    },
  };
}
