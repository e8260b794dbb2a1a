import { once } from "node:events";
import type { Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface Received {
  from: string;
  recipients: string[];
  /** As it came: headers, an empty line, the text. */
  raw: string;
  /** The connection was encrypted. */
  isSecure: boolean;
  user: string | null;
}

/** A mail server that speaks SMTP, by the package of nodemailer's own people. */
export async function openMailServer(
  tls: { cert: string; key: string },
  options: SMTPServerOptions = {},
  is: { cutAfterData?: boolean } = {},
) {
  const received: Received[] = [];
  const sockets: Socket[] = [];
  const server = new SMTPServer({
    ...tls,
    authOptional: true,
    logger: false,
    onAuth: ({ username = "", password }, _session, callback) => {
      if (password !== "right-password") callback(new Error("wrong user or password"));
      else callback(null, { user: username });
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? "" : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString("utf8"),
          isSecure: session.secure,
          user: typeof session.user === "string" ? session.user : null,
        });
        if (is.cutAfterData !== true) return callback(null);
        is.cutAfterData = false;
        for (const socket of sockets) socket.destroy();
      });
    },
    ...options,
  });
  server.server.on("connection", (socket: Socket) => sockets.push(socket));
  server.on("error", () => {}); // a client that refuses the certificate
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    received,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
