import type { HttpBody, HttpContent } from "../../shared/ports.ts";
import type { SimulatedCloud } from "./cloud.ts";

class WholeText implements HttpBody {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  close(): void {}
}

/** Content that costs no time: all of it arrives with the request. */
export function contentIn(cloud: SimulatedCloud): HttpContent {
  return {
    open: async (request) => {
      const answer = cloud.handle(request);
      const { headers, text } = answer;
      return answer.status === 200
        ? { kind: "opened", headers, body: new WholeText(text) }
        : answer;
    },
    put: async (request, body, { sent }) => {
      if (!(body instanceof WholeText)) throw new TypeError("this content is of another world");
      const answer = cloud.handle({ ...request, body: body.text });
      sent(body.text.length);
      return answer;
    },
  };
}
