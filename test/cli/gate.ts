import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** On the way to the emulators: notes what passes, as IAM names it, and turns away what it is told to. */
export async function openGate(to: Record<"dynamodb" | "sqs", string>) {
  /** `dynamodb:Query index/due` */
  const passed = new Set<string>();
  const refusals = new Map<string, { code: string; message: string }>();

  async function pass(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const { authorization, "x-amz-date": date, "content-type": type } = request.headers;
    const target = String(request.headers["x-amz-target"]);
    const service = target.startsWith("AmazonSQS") ? "sqs" : "dynamodb";
    const action = `${service}:${target.replace(/^.*\./, "")}`;
    const refusal = refusals.get(action) ?? refusals.get(`${service}:*`);
    if (refusal !== undefined) {
      const { code, message } = refusal;
      answer.writeHead(400, { "x-amzn-requestid": "REQ-1" });
      answer.end(JSON.stringify({ __type: `com.amazonaws#${code}`, message }));
      return;
    }
    const index = /"IndexName":"(\w+)"/.exec(body)?.[1];
    passed.add(index === undefined ? action : `${action} index/${index}`);
    const headers = {
      authorization: String(authorization),
      "x-amz-date": String(date),
      "x-amz-target": target,
      "content-type": String(type),
    };
    const done = await fetch(to[service], { method: "POST", headers, body });
    answer.writeHead(done.status);
    answer.end(await done.text());
  }

  const server = createServer((request, answer) => void pass(request, answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    passed,
    /** @param action of IAM; `dynamodb:*` is every one. */
    refuse: (action: string, code: string, message = "") => refusals.set(action, { code, message }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  request.setEncoding("utf8");
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
