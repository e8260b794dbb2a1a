import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSmtpMailer } from "../../local/mail/smtp-mailer.ts";
import { type Mail, subjectOf, textOf } from "../../shared/notify/mail.ts";
import type { Smtp } from "../../shared/notify/target.ts";
import { certificate } from "../pages/whole-build.ts";
import { freePort } from "../pages/free-port.ts";
import { openMailServer } from "./mail-server.ts";

const folder = mkdtempSync(join(tmpdir(), "regild-mail-"));
const files = certificate(folder);
const tls = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
afterAll(() => rmSync(folder, { recursive: true }));

const mailer = openSmtpMailer(() => [tls.cert]);
const ID = "<msg_0123456789abcdef01234567@example.com>";

function mail(is: Partial<Mail> = {}): Mail {
  const to = ["anna@example.com", "bob@example.com"];
  const said = { subject: "web: the refresh FAILED", text: "Why: no server\n" };
  return { from: "regild@example.com", to, recipients: to, ...said, id: ID, ...is };
}

function at(port: number, is: Partial<Smtp> = {}): Smtp {
  return { host: "localhost", port, ...is };
}

describe("mail by SMTP", () => {
  it("arrives encrypted, with the password and the id that each repetition has", async () => {
    await using server = await openMailServer(tls);
    const login = { user: "regild", password: "right-password" };
    const answer = await mailer.send(mail(), at(server.port, login));
    expect(answer).toEqual({ taken: mail().recipients, refusal: null });
    expect(server.received).toMatchObject([
      { from: "regild@example.com", recipients: mail().recipients, isSecure: true, user: "regild" },
    ]);
    const raw = server.received[0]?.raw ?? "";
    expect(raw).toContain(`Message-ID: ${ID}\r\n`);
    expect(raw).toContain("To: anna@example.com, bob@example.com\r\n");
    expect(raw).toContain("Auto-Submitted: auto-generated\r\n");
  });

  it("is not sent where the server offers no STARTTLS, has another certificate, or refuses the password", async () => {
    await using plain = await openMailServer(tls, { disabledCommands: ["STARTTLS"] });
    const bare = await mailer.send(
      mail(),
      at(plain.port, { user: "regild", password: "right-password" }),
    );
    expect(bare).toMatchObject({ taken: [], refusal: { isForGood: false } });
    await using server = await openMailServer(tls);
    const stranger = await openSmtpMailer(() => []).send(mail(), at(server.port));
    expect(stranger).toMatchObject({
      refusal: { reason: expect.stringMatching(/certificate/i), isForGood: false },
    });
    const wrong = await mailer.send(
      mail(),
      at(server.port, { user: "regild", password: "wrong-secret" }),
    );
    expect(wrong).toMatchObject({ refusal: { isForGood: false } });
    expect(JSON.stringify([bare, stranger, wrong])).not.toMatch(/wrong-secret|right-password/);
    expect([...plain.received, ...server.received]).toEqual([]);
    expect(await mailer.send(mail(), at(plain.port, { tls: "none" }))).toMatchObject({
      refusal: null,
    });
  });

  it("reaches those who are taken where others are refused, and says who is left", async () => {
    const refuse = (code: number) => ({
      onRcptTo: (({ address }, _session, callback) => {
        if (!address.startsWith("bob")) return callback();
        callback(Object.assign(new Error("no such user here"), { responseCode: code }));
      }) as NonNullable<NonNullable<Parameters<typeof openMailServer>[1]>["onRcptTo"]>,
    });
    await using server = await openMailServer(tls, refuse(550));
    expect(await mailer.send(mail(), at(server.port))).toEqual({
      taken: ["anna@example.com"],
      refusal: { reason: expect.stringContaining("bob@example.com refused"), isForGood: true },
    });
    await using busy = await openMailServer(tls, refuse(451));
    expect(await mailer.send(mail(), at(busy.port))).toMatchObject({
      taken: ["anna@example.com"],
      refusal: { isForGood: false },
    });
    const all = await mailer.send(mail({ recipients: ["bob@example.com"] }), at(server.port));
    expect(all).toMatchObject({ taken: [], refusal: { isForGood: true } });
    const later = await mailer.send(mail({ recipients: ["bob@example.com"] }), at(busy.port));
    expect(later).toMatchObject({ taken: [], refusal: { isForGood: false } });
  });

  it("is sent again, under the same id, after a connection that was cut once the mail was there", async () => {
    await using server = await openMailServer(tls, {}, { cutAfterData: true });
    const cut = await mailer.send(mail(), at(server.port));
    expect(cut).toMatchObject({ taken: [], refusal: { isForGood: false } });
    expect(await mailer.send(mail(), at(server.port))).toMatchObject({ refusal: null });
    const ids = server.received.map(({ raw }) => /^Message-ID: (.*)\r$/m.exec(raw)?.[1]);
    expect(ids).toEqual([ID, ID]);
  });

  it("waits for a server that is away, and is no error of the program", async () => {
    const port = await freePort();
    expect(await mailer.send(mail(), at(port))).toMatchObject({
      taken: [],
      refusal: { isForGood: false },
    });
    expect(await mailer.send(mail(), undefined)).toMatchObject({ refusal: { isForGood: false } });
  });

  it("takes no header and no recipient from a text", async () => {
    await using server = await openMailServer(tls);
    const evil = "web\r\nBcc: eve@example.com\r\n\r\nhello\u0000\u2028<b>";
    for (const text of [
      evil,
      "web\nCc: eve@example.com",
      "\r\nX-Evil: 1",
      "=?utf-8?Q?=0D=0AX-Evil:_1?=",
    ]) {
      await mailer.send(
        mail({ subject: subjectOf(text), text: textOf(text, [text, ".", "From x"]) }),
        at(server.port),
      );
    }
    expect(server.received).toHaveLength(4);
    for (const { raw, recipients } of server.received) {
      const headers = raw.slice(0, raw.indexOf("\r\n\r\n"));
      expect(headers).not.toMatch(/^(Bcc|Cc|X-Evil):/im);
      expect(headers.match(/^Subject:/gim)).toHaveLength(1);
      expect(recipients).toEqual(mail().recipients);
    }
  });
});
