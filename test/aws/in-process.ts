import { IncomingMessage, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Http } from "../../shared/ports.ts";

/** A server of this process, asked without a socket in between: most of what a call costs is its way through the system. */
export function inProcess(server: Server): Http {
  return {
    send: ({ method, url, headers, body }) =>
      new Promise((resolve) => {
        const { pathname } = new URL(url);
        const incoming = new IncomingMessage(new Socket());
        const request = Object.assign(incoming, { method, url: pathname, headers });
        const response = new ServerResponse(request);
        const end = (text: unknown): ServerResponse => {
          const { statusCode: status } = response;
          resolve({ kind: "response", status, headers: {}, text: String(text) });
          return response;
        };
        server.emit("request", request, Object.assign(response, { end }));
        request.push(body);
        request.push(null);
      }),
  };
}
