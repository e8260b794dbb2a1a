import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { buffer } from "node:stream/consumers";

/** Checks GitHub's signature and writes each delivery in a transaction of its own. Its address goes to stdout. */
const secret = process.env["WEBHOOK_SECRET"] ?? "";
const db = new DatabaseSync(process.env["DATA_FILE"] ?? "");
db.exec(
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE d (id TEXT, body TEXT)",
);
const insert = db.prepare("INSERT INTO d VALUES (?, ?)");

const server = createServer((request, response) => {
  void buffer(request).then((body) => {
    const signature = Buffer.from(String(request.headers["x-hub-signature-256"]));
    const wanted = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
    const isGood = wanted.length === signature.length && timingSafeEqual(wanted, signature);
    if (isGood) insert.run(String(request.headers["x-github-delivery"]), body.toString());
    response.writeHead(isGood ? 202 : 401, { "content-type": "application/json" });
    return response.end("{}");
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`http://127.0.0.1:${address?.port ?? 0}`);
});
