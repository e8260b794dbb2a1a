import type { HttpRequest, HttpResponse } from "../../shared/ports.ts";
import type { Clock } from "./cbr-server.ts";
import { ImageApi } from "./image-api.ts";
import { answer } from "./json-answer.ts";

const PROJECT = "7c1f0b6e5a944d1f8f2f4c3b9d6a0e21";
const TOKEN = "token of the far region";

/** Another region of the same account, with images, and with servers that were made of them. It takes the tokens of its own project alone. */
export class FarRegion {
  readonly name = "eu-nl";
  readonly projectName = "eu-nl_web";
  readonly requests: string[] = [];
  quota = 20;
  /** The image of each server, by the server's name. */
  readonly servers = new Map<string, string>();
  readonly #api = new ImageApi(PROJECT);
  readonly images = this.#api.images;
  readonly #clock: Pick<Clock, "nowMs">;

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** @returns null: the host is not of this region. */
  answer(request: HttpRequest): HttpResponse | null {
    const { hostname, pathname: path, searchParams: query } = new URL(request.url);
    if (!hostname.endsWith(".far")) return null;
    const { method, headers } = request;
    this.requests.push(`${method} ${path}`);
    if (hostname === "iam.far") return answer(201, this.#token(), { "x-subject-token": TOKEN });
    if (headers["x-auth-token"] !== TOKEN) return answer(401, {});
    const body: unknown = request.body === undefined ? null : JSON.parse(request.body);
    if (path === "/v1/cloudimages/quota") {
      const images = { type: "image", used: this.images.size, quota: this.quota };
      return answer(200, { quotas: { resources: [{ ...images, min: 1, max: 1000 }] } });
    }
    if (hostname === "ims.far") return this.#api.answer({ method, path, query, body });
    const [kind = "", id = "detail"] = path.replace(`/v2/${PROJECT}/`, "").split("/");
    if (kind === "servers") return answer(200, { servers: this.#serversOf(query.get("image")) });
    return id === "detail"
      ? answer(200, { [kind]: [] })
      : answer(404, { itemNotFound: { code: 404, message: id } });
  }

  #serversOf(wanted: string | null): unknown[] {
    return [...this.servers].flatMap(([name, image]) =>
      wanted === null || wanted === image ? [{ id: name, name, image: { id: image } }] : [],
    );
  }

  #token(): unknown {
    const endpoints = (url: string) => [{ interface: "public", region: this.name, url }];
    return {
      token: {
        expires_at: new Date(this.#clock.nowMs + 86_400_000).toISOString(),
        issued_at: new Date(this.#clock.nowMs).toISOString(),
        project: { id: PROJECT, name: this.projectName },
        roles: [{ name: "te_admin" }],
        catalog: [
          { type: "compute", endpoints: endpoints(`http://ecs.far/v2/${PROJECT}`) },
          { type: "volumev2", endpoints: endpoints(`http://evs.far/v2/${PROJECT}`) },
          { type: "image", endpoints: endpoints("http://ims.far") },
        ],
      },
    };
  }
}
