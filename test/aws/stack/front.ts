import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Http } from "../../../shared/ports.ts";
import type { Role } from "./roles.ts";

/** One call to AWS, as it has come. */
export interface Call {
  /** Who: a role's ARN, or `operator`. */
  caller: string;
  /** As IAM has it: `dynamodb:GetItem`. */
  action: string;
  input: Record<string, unknown>;
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  text: string;
}

/** One of AWS's services, as far as it is there. */
export interface Service {
  /** IAM's name of it. */
  name: string;
  /** ARNs that a call is about: the caller must be allowed all of them. */
  resources: (call: Call) => string[];
  /** Partition keys of the items that a call names. */
  partitions?: (call: Call) => string[];
  handle: (call: Call) => Promise<Answer>;
}

const FORWARDED = ["content-type", "authorization", "x-amz-date", "x-amz-target"];

/** Whoever has this key may do everything: the person at the terminal. */
export const OPERATOR = "operator";

/**
 * The one door to all services: who calls is known by the access key and may do what the role allows. Signatures are
 * taken as they come, since test/aws/signature.test.ts sees to those.
 */
export class Front implements AsyncDisposable {
  /** What was refused, a sentence each. */
  readonly denied: string[] = [];
  /** Is told of every call that was answered. */
  seen: (call: Call, answer: Answer) => void = () => {};
  /** By the name before the dot of `X-Amz-Target`. */
  private readonly services: Readonly<Record<string, Service>>;
  private readonly roles: ReadonlyMap<string, Role>;
  private readonly server = createServer((request, response) => {
    void this.respond(request, response);
  });

  /** @param roles by access key id. */
  constructor(services: Readonly<Record<string, Service>>, roles: ReadonlyMap<string, Role>) {
    this.services = services;
    this.roles = roles;
  }

  /** @returns its URL. */
  async open(): Promise<string> {
    this.server.keepAliveTimeout = 0; // or a call may meet a connection that is being closed
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address: AddressInfo | string | null = this.server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The same door, for those in this process. */
  get http(): Http {
    return {
      send: async ({ headers, body = "" }) => {
        const answer = await this.answer(headers, body);
        return { kind: "response", headers: {}, ...answer };
      },
    };
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = Object.fromEntries(
      FORWARDED.map((name) => [name, String(request.headers[name] ?? "")]),
    );
    const answer = await this.answer(headers, await text(request));
    response
      .writeHead(answer.status, { "content-type": "application/x-amz-json-1.0" })
      .end(answer.text);
  }

  private async answer(headers: Record<string, string>, body: string): Promise<Answer> {
    try {
      return await this.take(headers, body);
    } catch (error) {
      return this.refuse("InternalFailure", String(error));
    }
  }

  private async take(headers: Record<string, string>, body: string): Promise<Answer> {
    const [target = "", authorization = ""] = [headers["x-amz-target"], headers["authorization"]];
    const [name = "", operation = ""] = target.split(".");
    const service = this.services[name];
    if (service === undefined) {
      return this.refuse("UnknownOperationException", `nothing here answers ${target}`);
    }
    const key = /Credential=([^/]+)\//.exec(authorization)?.[1] ?? "";
    const role = this.roles.get(key);
    const call: Call = {
      caller: role?.arn ?? key,
      action: `${service.name}:${operation}`,
      input: JSON.parse(body),
      headers,
      body,
    };
    if (key !== OPERATOR) {
      const action = call.action.replace(/MessageBatch$/, "Message");
      const partitions = service.partitions?.(call) ?? [];
      for (const resource of service.resources(call)) {
        if (role?.allows(action, resource, partitions) === true) continue;
        return this.refuse(
          "AccessDeniedException",
          `${call.caller} may not ${action} on ${resource}`,
        );
      }
    }
    const answer = await service.handle(call);
    this.seen(call, answer);
    return answer;
  }

  private refuse(code: string, message: string): Answer {
    this.denied.push(message);
    return { status: 400, text: JSON.stringify({ __type: `com.amazonaws#${code}`, message }) };
  }
}
