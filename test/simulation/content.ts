import type {
  HttpBody,
  HttpContent,
  HttpFailure,
  HttpRequest,
  HttpResponse,
} from "../../shared/ports.ts";
import { type Behind, send, sendThrough } from "./seam.ts";
import type { Process } from "./scheduler.ts";

/** Content that a process has opened. */
class OpenText implements HttpBody {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  close(): void {}
}

const BROKEN: HttpFailure = { kind: "failure", sent: true, reason: "connection reset" };

/**
 * Content passes the gate when it is opened and when it begins to be sent. Its end comes by itself, unless its process has
 * died or broken it off: then Glance sees a broken connection.
 */
export function contentOf(process: Process, behind: Behind): HttpContent {
  return {
    open: async (request) => {
      const answer = await send(process, behind, request);
      if (answer.kind === "failure" || answer.status !== 200) return answer;
      return { kind: "opened", headers: answer.headers, body: new OpenText(answer.text) };
    },
    put: async (request, body, { sent, signal }) => {
      if (!(body instanceof OpenText)) throw new TypeError("this content is of another world");
      const sending = new Sending(process, behind, request, body.text);
      signal.addEventListener("abort", () => sending.breakOff());
      const answer = await sendThrough(process, behind, request, () => sending.begin());
      if (answer.kind === "failure") sending.breakOff();
      if (answer.kind === "failure" || answer.status !== 100) return answer;
      sent(Math.floor(body.text.length / 2));
      return sending.answer;
    },
  };
}

/** One content from its first byte to its last. */
class Sending {
  readonly answer: Promise<HttpResponse | HttpFailure>;
  private readonly hear: (answer: HttpResponse | HttpFailure) => void;
  private readonly process: Process;
  private readonly behind: Behind;
  private readonly request: HttpRequest;
  private readonly text: string;
  private isBroken = false;

  constructor(process: Process, behind: Behind, request: HttpRequest, text: string) {
    this.process = process;
    this.behind = behind;
    this.request = request;
    this.text = text;
    const { promise, resolve } = Promise.withResolvers<HttpResponse | HttpFailure>();
    this.answer = promise;
    this.hear = resolve;
  }

  begin(): HttpResponse {
    const { cloud, nowMs, atTime } = this.behind;
    const receiving = cloud.receive(this.request);
    if (!("end" in receiving)) return receiving;
    atTime(nowMs() + receiving.seconds * 1000, () => {
      if (this.isBroken || !this.process.alive) {
        receiving.cut();
        this.hear(BROKEN);
        return;
      }
      this.hear(receiving.end(this.text) ?? BROKEN);
    });
    return { kind: "response", status: 100, headers: {}, text: "" };
  }

  /** Glance notices at the end, as where the sender is gone without a word. */
  breakOff(): void {
    this.isBroken = true;
    this.hear(BROKEN);
  }
}
