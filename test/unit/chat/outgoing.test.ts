import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isPrivate, openOutgoing } from "../../../shared/lambda/outgoing.ts";

const pem = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../openstack/fixtures", `${name}.pem`), "utf8");

const request = (url: string) => ({
  method: "POST" as const,
  url,
  headers: {},
  body: "{}",
  timeoutMs: 2_000,
});

describe("addresses that are not of the internet", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::",
    "not an address",
  ])("%s", (address) => expect(isPrivate(address)).toBe(true));
  it.each(["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])("but %s is", (address) =>
    expect(isPrivate(address)).toBe(false),
  );
});

describe("a message to a chat", () => {
  const to = (origin: string, allowPrivate = false) => ({ origins: [origin], allowPrivate });
  it.each([
    ["http://slack.com/api", to("http://slack.com"), "not https"],
    ["https://evil.example/api", to("https://slack.com"), "of no configured host"],
    ["https://slack.com:444/api", to("https://slack.com"), "of no configured host"],
    ["https://slack.com@evil.example/api", to("https://slack.com"), "of no configured host"],
    ["https://127.0.0.1/api", to("https://127.0.0.1"), "is a private address"],
    ["https://[::1]/api", to("https://[::1]"), "is a private address"],
    ["https://2130706433/api", to("https://127.0.0.1"), "is a private address"],
    ["no url", to("https://slack.com"), "not https"],
  ])("to %s is not sent", async (url, where, reason) => {
    const answer = await openOutgoing({}).send(request(url), where);
    expect(answer).toMatchObject({ kind: "failure", sent: false, permanent: true });
    expect(JSON.stringify(answer)).toContain(reason);
  });

  it("to a name of a private address is not sent, unless that is allowed", async () => {
    const server = createServer();
    let connections = 0;
    server.on("connection", (socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const url = `https://localhost:${port}/`;
    const outgoing = openOutgoing({});
    const refused = await outgoing.send(request(url), to(`https://localhost:${port}`));
    expect(JSON.stringify(refused)).toContain("is a private address");
    expect(connections).toBe(0);
    await outgoing.send(request(url), to(`https://localhost:${port}`, true));
    expect(connections).toBeGreaterThan(0);
    server.close();
  });

  it("to a host of an unknown CA says where the host takes more from, and nothing of a cloud", async () => {
    const server = createTlsServer({ cert: pem("localhost.crt"), key: pem("localhost.key") });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const origin = `https://localhost:${port}`;
    const answer = await openOutgoing({}).send(request(`${origin}/`), to(origin, true));
    expect(answer).toMatchObject({
      kind: "failure",
      permanent: true,
      reason: `the certificate of localhost:${port} is self-signed. Name its CA in NODE_EXTRA_CA_CERTS=/path/ca.pem in the environment of the host, and start it again`,
    });
    server.close();
  });
});
