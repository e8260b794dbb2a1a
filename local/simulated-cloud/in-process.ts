import type { Http, HttpFailure, HttpResponse } from "../../shared/ports.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { contentIn } from "./in-process-content.ts";

/** The cloud as the core's HTTP port. A time-out costs no time here: whoever owns the clock moves it. */
export function asHttp(cloud: SimulatedCloud): Http {
  return {
    content: contentIn(cloud),
    send: (request): Promise<HttpResponse | HttpFailure> => {
      const exchange = cloud.exchange(request);
      switch (exchange.kind) {
        case "answer":
          return Promise.resolve(
            exchange.afterSeconds * 1000 < request.timeoutMs
              ? exchange.response
              : failure(true, `no answer within ${request.timeoutMs} ms`),
          );
        case "unreachable":
          return Promise.resolve(failure(false, "connection refused"));
        case "reset":
          return Promise.resolve(failure(true, "connection reset"));
        case "silence":
          return Promise.resolve(failure(true, `no answer within ${request.timeoutMs} ms`));
      }
    },
  };
}

function failure(sent: boolean, reason: string): HttpFailure {
  return { kind: "failure", sent, reason };
}
