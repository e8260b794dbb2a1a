// Waits for one callback of Regild, checks its signature, and prints it as one line of JSON.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const { CALLBACK_SECRET, CALLBACK_PORT = "8443", TLS_CERT, TLS_KEY } = process.env;
const webhook = new Webhook(CALLBACK_SECRET);
const server = createServer({ cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) });

server.on("request", (request, response) => {
  text(request)
    .then((body) => webhook.verify(body, request.headers))
    .then((outcome) => {
      response.writeHead(204).end();
      console.log(JSON.stringify(outcome));
      server.close();
    })
    .catch(() => response.writeHead(401).end()); // sent by somebody else: go on waiting
});
server.listen(Number(CALLBACK_PORT));
