import { segment } from "../cloud-ids.ts";
import type { ImageContent, Send } from "../image-content.ts";
import type { HttpBody, HttpFailure, HttpOpened, HttpResponse } from "../ports.ts";
import { classify } from "./classify.ts";
import { CloudError } from "./errors.ts";
import { withoutSecrets } from "./exchange.ts";
import type { Service } from "./service.ts";

const TYPE = "application/octet-stream";

/**
 * Image data over the API, at its own pace. Source: Image v2 api-ref, "Upload binary image data", "Download binary image
 * data"; glance/api/v2/image_data.py, upload and _restore. What Glance does with a second sender, a broken connection and a
 * delete meanwhile was seen on 2026.2.
 */
export class GlanceContent implements ImageContent {
  readonly #glance: Service;

  constructor(glance: Service) {
    this.#glance = glance;
  }

  isOffered(): Promise<boolean> {
    return this.#glance.carriesContent();
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
    const call = await this.#glance.contentCall({
      operation: "downloadImage",
      effect: "read",
      method: "GET",
      path: `/images/${segment(id)}/file`,
      headers: { accept: TYPE },
    });
    const answer = await call.content.open(call.request);
    if (answer.kind === "opened")
      call.answered({ kind: "response", status: 200, headers: answer.headers, text: "" });
    if (isUnauthorized(answer)) call.answered(answer);
    return { call, answer };
  }

  async sender(id: string, sizeBytes: number): Promise<Send> {
    const call = await this.#glance.contentCall({
      operation: "uploadContent",
      effect: "repeatable",
      method: "PUT",
      path: `/images/${segment(id)}/file`,
      headers: { "content-type": TYPE, "content-length": String(sizeBytes) },
    });
    return async (content, watch) => {
      const answer = withoutSecrets(await call.content.put(call.request, content, watch));
      const attempt = call.answered(answer);
      if (answer.kind === "response" && answer.status === 204) return null;
      return classify(attempt, answer, this.#glance.now()).message;
    };
  }
}

function isUnauthorized(answer: HttpOpened | HttpResponse | HttpFailure): answer is HttpResponse {
  return answer.kind === "response" && answer.status === 401;
}
