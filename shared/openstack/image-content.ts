import { segment } from "../cloud-ids.ts";
import type { ImageContent, Send } from "../image-content.ts";
import type {
  HttpBody,
  HttpContent,
  HttpFailure,
  HttpOpened,
  HttpRequest,
  HttpResponse,
} from "../ports.ts";
import { type Attempt, classify } from "./classify.ts";
import { CloudError } from "./errors.ts";
import { evidenceOf, httpRequest, type ServiceRequest, withoutSecrets } from "./exchange.ts";
import type { Service } from "./service.ts";

const TYPE = "application/octet-stream";

/** A call that carries content, ready to be sent. */
interface ContentCall {
  content: HttpContent;
  request: HttpRequest;
  /** Notes the answer as evidence. */
  answered(answer: HttpResponse | HttpFailure): Attempt;
}

/**
 * Image data over the API, at its own pace. Source: Image v2 api-ref, "Upload binary image data", "Download binary image
 * data"; glance/api/v2/image_data.py, upload and _restore. What Glance does with a second sender, a broken connection and a
 * delete meanwhile was seen on 2026.2. Apart from the other calls, because functions on AWS have no use for it.
 */
export class GlanceContent implements ImageContent {
  readonly #glance: Service;

  constructor(glance: Service) {
    this.#glance = glance;
  }

  async isOffered(): Promise<boolean> {
    const { session, token } = await this.#glance.opened("showContent");
    return session.http.content !== undefined && token.value !== null;
  }

  async open(id: string): Promise<HttpBody> {
    const first = await this.#open(id);
    // Signs in again, as after every read that was refused for its token.
    const { call, answer } = isUnauthorized(first.answer) ? await this.#open(id) : first;
    if (answer.kind === "opened") return answer.body;
    const attempt = call.answered(answer);
    if (answer.kind === "response" && answer.status === 204)
      throw new CloudError(`image ${id} has no content that could be downloaded`, {
        kind: "refused",
        code: "conflict",
        call: attempt.call,
      });
    throw classify(attempt, answer, this.#glance.now());
  }

  async #open(id: string) {
    const call = await this.#call(id, {
      operation: "downloadImage",
      effect: "read",
      method: "GET",
      headers: { accept: TYPE },
    });
    const answer = await call.content.open(call.request);
    if (answer.kind === "opened")
      call.answered({ kind: "response", status: 200, headers: answer.headers, text: "" });
    if (isUnauthorized(answer)) call.answered(answer);
    return { call, answer };
  }

  async sender(id: string, sizeBytes: number): Promise<Send> {
    const call = await this.#call(id, {
      operation: "uploadContent",
      effect: "repeatable",
      method: "PUT",
      headers: { "content-type": TYPE, "content-length": String(sizeBytes) },
    });
    return async (content, watch) => {
      const answer = withoutSecrets(await call.content.put(call.request, content, watch));
      const attempt = call.answered(answer);
      if (answer.kind === "response" && answer.status === 204) return null;
      return classify(attempt, answer, this.#glance.now()).message;
    };
  }

  /** Signs in, and sends nothing yet. */
  async #call(
    id: string,
    is: Pick<ServiceRequest, "effect" | "method" | "headers"> & { operation: string },
  ): Promise<ContentCall> {
    const { operation, effect, method, headers } = is;
    const { session, token, endpoint, seen } = await this.#glance.opened(operation);
    const { content } = session.http;
    // An access key would have to sign all of the content.
    if (content === undefined || token.value === null)
      throw new CloudError(`image: ${operation} is not possible here`, {
        kind: "refused",
        code: "not-offered",
      });
    const { callTimeoutMs } = session.timing;
    const request: ServiceRequest = {
      service: "image",
      effect,
      method,
      url: `${endpoint}/images/${segment(id)}/file`,
      headers: { "x-auth-token": token.value, ...headers },
      body: null,
      giveUpAtMs: session.now() + callTimeoutMs,
    };
    return {
      content,
      request: httpRequest(request, callTimeoutMs),
      answered: (answer) => {
        if (isUnauthorized(answer)) session.drop(token);
        const call = evidenceOf(request, answer);
        seen(call);
        return { operation, effect, call };
      },
    };
  }
}

function isUnauthorized(answer: HttpOpened | HttpResponse | HttpFailure): answer is HttpResponse {
  return answer.kind === "response" && answer.status === 401;
}
