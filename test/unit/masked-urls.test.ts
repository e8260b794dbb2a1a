import { describe, expect, it } from "vitest";
import { exchange } from "../../shared/openstack/exchange.ts";
import { errorOf } from "../../shared/protocol/error-text.ts";

const TEXTS: Array<[name: string, text: string, shown: string]> = [
  [
    "a proxy",
    "connect to http://anna:s3cret@proxy.example:3128 failed",
    "connect to http://…@proxy.example:3128 failed",
  ],
  [
    "a service whose password holds an @",
    "getaddrinfo https://anna:s3@cret@cloud.example/image",
    "getaddrinfo https://…@cloud.example/image",
  ],
  [
    "a URL that is escaped for JSON",
    String.raw`{"url":"socks5:\/\/anna:s3cret@proxy.example"}`,
    String.raw`{"url":"socks5:\/\/…@proxy.example"}`,
  ],
  [
    "a token alone",
    "no route to https://s3cret@cloud.example",
    "no route to https://…@cloud.example",
  ],
];

describe("user and password of a URL stay out of", () => {
  it.each(TEXTS)("the record of an error that quotes %s", (_, text, shown) => {
    expect(errorOf(new Error(text)).message).toBe(shown);
  });

  it.each(TEXTS)(
    "the reason why there was no answer, when it quotes %s",
    async (_, text, shown) => {
      const { answer } = await exchange(
        {
          service: "image",
          effect: "once",
          method: "GET",
          url: "https://cloud.example/image",
          headers: {},
          body: null,
          giveUpAtMs: 1000,
        },
        {
          http: { send: async () => ({ kind: "failure", sent: false, reason: text }) },
          now: () => 0,
          seen: () => {},
        },
      );
      expect(answer).toMatchObject({ kind: "failure", reason: shown });
    },
  );

  it("and what is no user of a URL stays", () => {
    const text = "mail anna@example.com about https://cloud.example/a@b";
    expect(errorOf(new Error(text)).message).toBe(text);
  });
});
