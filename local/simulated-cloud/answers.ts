export type Service = "identity" | "compute" | "volume" | "image" | "network" | "cbr";

export interface Answer {
  status: number;
  /** Lower-case names. */
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  text?: string;
}

/** The service says no; it is worded as that service words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const FAULT_NAMES: Record<number, string> = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  429: "overLimit",
  501: "notImplemented",
  503: "serviceUnavailable",
};

const TITLES: Record<number, string> = {
  300: "Multiple Choices",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Request Entity Too Large",
  414: "Request URI Too Long",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

const titleOf = (status: number): string => TITLES[status] ?? "Error";

/** HTML, whatever is accepted: so do proxies in front. */
export function htmlError(status: number, message: string): Answer {
  const title = `${status} ${titleOf(status)}`;
  const escaped = message
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#x27;");
  return {
    status,
    headers: { "content-type": "text/html; charset=UTF-8" },
    text: `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${escaped}<br /><br />\n\n\n\n </body>\n</html>`,
  };
}

/** As WebOb words errors, Glance's among them: by what the caller accepts; plain text to who says nothing. */
export function webObError(status: number, message: string, accept: string): Answer {
  if (/\*\/\*|text\/(\*|html)/u.test(accept)) return htmlError(status, message);
  const title = titleOf(status);
  const code = `${status} ${title}`;
  if (accept.includes("application/json")) {
    return { status, body: { message: `${message}<br /><br />\n\n\n`, code, title } };
  }
  const headers = { "content-type": "text/plain; charset=UTF-8" };
  return { status, headers, text: `${code}\n\n${message}\n\n   ` };
}

/** An error in the words of one service: recorded from OpenStack Zed. */
export function refusalAnswer(service: Service, refusal: Refusal, accept: string): Answer {
  const { status, message, headers } = refusal;
  if (service === "image") {
    const answer = webObError(status, message, accept);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  // keystonemiddleware answers 401 alike before Nova and Cinder.
  if (service === "identity" || status === 401) {
    return { status, headers, body: { error: { code: status, title: titleOf(status), message } } };
  }
  if (service === "network") {
    const type = (TITLES[status] ?? "Error").replaceAll(" ", "");
    return { status, headers, body: { NeutronError: { type, message, detail: "" } } };
  }
  if (service === "cbr")
    return { status, headers, body: { error_code: "BackupService.9900", error_msg: message } };
  const retryAfter = headers["retry-after"];
  const body = {
    code: status,
    message,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  return { status, headers, body: { [FAULT_NAMES[status] ?? "computeFault"]: body } };
}
