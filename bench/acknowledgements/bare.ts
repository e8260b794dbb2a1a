import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { writer } from "./writer.ts";

/**
 * Checks Slack's signature and answers, as little as a server can do. With a data file it first writes what a refresh
 * writes. Its address goes to stdout.
 */
const secret = process.env["SLACK_SECRET"] ?? "";
const dataFile = process.env["DATA_FILE"] ?? "";
const write = dataFile === "" ? null : writer(dataFile);
const ANSWER = JSON.stringify({ response_type: "ephemeral", text: "taken" });

const server = createServer((request, response) => {
  void buffer(request).then(async (body) => {
    const time = String(request.headers["x-slack-request-timestamp"]);
    const signature = Buffer.from(String(request.headers["x-slack-signature"]));
    const digest = createHmac("sha256", secret).update(`v0:${time}:`).update(body).digest("hex");
    const wanted = Buffer.from(`v0=${digest}`);
    const isGood =
      Math.abs(Date.now() / 1000 - Number(time)) < 300 &&
      wanted.length === signature.length &&
      timingSafeEqual(wanted, signature);
    if (isGood && write !== null) await write();
    response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" });
    return response.end(isGood ? ANSWER : "{}");
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port ?? 0}`);
});
