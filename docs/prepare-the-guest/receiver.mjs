// Prepares guests for Regild: node receiver.mjs COMMAND. The command gets the id of a server, and ends with 0 when it is ready.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const { REGILD_SECRET, CERT, KEY, PORT = "8443" } = process.env;
const webhook = new Webhook(REGILD_SECRET);
const answers = new Map(); // Regild asks again, with the same id, if an answer is lost.

const prepare = (server) =>
  new Promise((resolve) => {
    execFile(process.argv[2], [server.id], { timeout: 10_000 }, (error, _out, err) =>
      resolve({ ready: error === null, reason: err || error?.message }),
    );
  });

async function prepareAll(servers) {
  if (servers.length === 0) return { ready: false, reason: "no server is named" };
  const all = await Promise.all(servers.map(prepare));
  return all.find(({ ready }) => !ready) ?? { ready: true };
}

async function answer(request, response) {
  try {
    const { data } = webhook.verify(await text(request), request.headers);
    const id = request.headers["webhook-id"];
    if (!answers.has(id)) answers.set(id, prepareAll(data.servers));
    response.end(JSON.stringify(await answers.get(id)));
  } catch (error) {
    console.error(error);
    response.writeHead(401).end();
  }
}

createServer({ cert: readFileSync(CERT), key: readFileSync(KEY) }, (...call) => {
  void answer(...call);
}).listen(Number(PORT));
