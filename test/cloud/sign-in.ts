import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { parse } from "yaml";
import * as z from "zod/mini";

/**
 * A judge of its own for the end-to-end tests: plain requests to the real cloud, with none of the code
 * under test in between.
 */
export interface TestCloud {
  projectId: string;
  /** Each has images of its own. */
  imageRegions: string[];
  /** Of the cloud's own region, as in the catalog. */
  url(service: CloudRequest["service"]): string;
  /** @throws on a status that is not in `expected` (default: any 2xx). */
  call(request: CloudRequest): Promise<CloudAnswer>;
  /** The bytes of an image of one region become those of the image of another. Both have this id. */
  copyContent(id: string, from: string, to: string): Promise<void>;
}

/** Type of a body that is sent as it is. */
export const IMAGE_BYTES = "application/octet-stream";

export interface CloudRequest {
  service: "compute" | "volume" | "image" | "network";
  method?: string;
  path: string;
  body?: unknown;
  contentType?: string;
  expected?: number[];
  /** Of the image service; by default the cloud's own region. */
  region?: string;
}

export interface CloudAnswer {
  status: number;
  json: unknown;
}

const cloudsYaml = z.object({
  clouds: z.record(
    z.string(),
    z.object({
      region_name: z.optional(z.string()),
      auth: z.catchall(z.object({ auth_url: z.string() }), z.string()),
    }),
  ),
});
const tokenAnswer = z.object({
  token: z.object({
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

/** The file named by OS_CLIENT_CONFIG_FILE: the tests make and delete things, so it is never guessed. */
export function cloudsFile(): string {
  const file = process.env["OS_CLIENT_CONFIG_FILE"];
  if (file === undefined) {
    throw new Error("Set OS_CLIENT_CONFIG_FILE and OS_CLOUD: these tests make and delete servers.");
  }
  return file;
}

export async function signIn(name = process.env["OS_CLOUD"] ?? "lab"): Promise<TestCloud> {
  const { clouds } = cloudsYaml.parse(parse(readFileSync(cloudsFile(), "utf8")));
  const cloud = clouds[name];
  if (cloud === undefined) throw new Error(`${cloudsFile()} has no cloud ${name}`);
  const authUrl = cloud.auth.auth_url.replace(/\/(v3\/?)?$/, "");
  const answer = await ask(`${authUrl}/v3/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth: authBody(cloud.auth) }),
  });
  if (answer.status !== 201) throw new Error(`sign-in to ${name}: ${answer.status}`);
  const token = answer.headers.get("x-subject-token") ?? "";
  const { project, catalog } = tokenAnswer.parse(await answer.json()).token;

  const urls = (type: string): Record<string, string> => {
    const endpoints = catalog
      .filter((service) => service.type === type)
      .flatMap((s) => s.endpoints);
    const open = endpoints.filter((endpoint) => endpoint.interface === "public");
    return Object.fromEntries(
      open.map(({ region_id, url }) => [region_id, url.replace(/\/(v2)?$/, "")]),
    );
  };
  const byService = {
    compute: urls("compute"),
    volume: urls("volumev3"),
    image: urls("image"),
    network: urls("network"),
  };

  const regionOf = (service: CloudRequest["service"]): string =>
    cloud.region_name ?? Object.keys(byService[service])[0] ?? "";

  return {
    projectId: project.id,
    imageRegions: [
      regionOf("image"),
      ...Object.keys(byService.image).filter((region) => region !== regionOf("image")),
    ],
    url: (service) => byService[service][regionOf(service)] ?? "",
    async copyContent(id, from, to) {
      const fileOf = (region: string) => `${byService.image[region] ?? ""}/v2/images/${id}/file`;
      const headers = { "x-auth-token": token, "content-type": "application/octet-stream" };
      const read = await send(fileOf(from), { headers });
      const body = await read.arrayBuffer();
      const written = await send(fileOf(to), { method: "PUT", headers, body });
      if (!read.ok || !written.ok)
        throw new Error(`copy of image ${id}: ${read.status}, ${written.status}`);
    },
    async call({ service, method = "GET", path, body, contentType, expected, region }) {
      const wanted = region ?? regionOf(service);
      const url = `${byService[service][wanted] ?? `no-${service}-in-${wanted}`}${path}`;
      const answer = await (method === "GET" ? ask : send)(url, {
        method,
        headers: {
          "x-auth-token": token,
          "content-type": contentType ?? "application/json",
          "openstack-api-version": service === "compute" ? "compute 2.60" : "volume 3.44",
        },
        ...(body === undefined ? {} : { body: bodyOf(body) }),
      });
      const text = await answer.text();
      if (expected === undefined ? !answer.ok : !expected.includes(answer.status)) {
        throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 500)}`);
      }
      const isJson = answer.headers.get("content-type")?.includes("json") === true && text !== "";
      return { status: answer.status, json: isJson ? JSON.parse(text) : null };
    },
  };
}

interface SentRequest {
  method?: string;
  headers: Record<string, string>;
  body?: string | ArrayBuffer | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
}

const ANSWER_WITHIN_MS = 60_000;
const TRIES = 3;

/**
 * For requests that change nothing. On a busy machine, a service of the lab has at times left a request without any
 * answer, so such a request is sent again, and the log says so.
 */
async function ask(url: string, request: SentRequest, tries = TRIES): Promise<Response> {
  try {
    return await send(url, { ...request, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    if (tries === 1) throw error;
    process.stderr.write(`sent again: ${error instanceof Error ? error.message : "no answer"}\n`);
    return ask(url, request, tries - 1);
  }
}

/** @throws which request the cloud cut off or did not answer, and why: `fetch` itself does not name the request. */
async function send(url: string, { headers, ...rest }: SentRequest): Promise<Response> {
  const closing = { ...headers, connection: "close" }; // a service that restarts drops the kept ones
  return fetch(url, { ...rest, headers: closing }).catch((error: unknown) => {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new Error(`${rest.method ?? "GET"} ${url}: ${inspect(cause)}`, { cause: error });
  });
}

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function authBody(auth: Record<string, string>): unknown {
  if (auth["application_credential_id"] !== undefined) {
    return {
      identity: {
        methods: ["application_credential"],
        application_credential: {
          id: auth["application_credential_id"],
          secret: auth["application_credential_secret"],
        },
      },
    };
  }
  return {
    identity: {
      methods: ["password"],
      password: {
        user: {
          name: auth["username"],
          password: auth["password"],
          domain: { name: auth["user_domain_name"] ?? "Default" },
        },
      },
    },
    scope: {
      project: {
        name: auth["project_name"],
        domain: { name: auth["project_domain_name"] ?? "Default" },
      },
    },
  };
}
