import { describe, expect, test } from "vitest";
import { readToken, type Token } from "../../shared/openstack/identity.ts";
import { NOW_MS, signedIn } from "./fake-cloud.ts";

const HOUR_MS = 3_600_000;
const at = (ms: number) => new Date(ms).toISOString();

/** The token that a sign-in brings, its answer changed in these fields. */
function tokenWith(changes: object, headers: Record<string, string> = {}): Token {
  const answer = signedIn(1, NOW_MS, { token: changes });
  const read = readToken("t", { ...answer, headers: { ...answer.headers, ...headers } }, NOW_MS);
  if (read.kind !== "token") throw new Error(read.problem);
  return read.token;
}

const ENDPOINT = { interface: "public", region: "R", region_id: "R", url: "http://nova.example" };
const NOVA = { type: "compute", endpoints: [ENDPOINT] };

describe("a catalog entry that cannot be used", () => {
  const swift = (endpoint: unknown) => ({ type: "object-store", endpoints: [endpoint] });
  test.each([
    [swift({ ...ENDPOINT, url: null }), "object-store: url is null"],
    [swift({ ...ENDPOINT, url: "swift.example/v1" }), 'object-store: url is "swift.example/v1"'],
    [swift({ interface: "public", region: "R" }), "object-store: url is missing"],
    [swift({ ...ENDPOINT, interface: 7 }), "object-store: interface is 7"],
    [swift(null), "object-store: the endpoint is null"],
    [{ type: null, endpoints: [] }, "entry 1: type is null"],
    [{ type: "object-store" }, "entry 1: endpoints is missing"],
    [null, "entry 1: the endpoint is null"],
  ])("is left out: %j", (entry, reason) => {
    const token = tokenWith({ catalog: [entry, NOVA] });
    expect(token.catalog.flatMap(({ type, endpoints }) => endpoints.map(() => type))).toEqual([
      "compute",
    ]);
    expect(token.unusableEntries).toEqual([reason]);
  });

  test("and a catalog that is none leave the token as it is", () => {
    expect(tokenWith({ catalog: null }).catalog).toEqual([]);
    expect(tokenWith({ catalog: undefined, roles: null })).toMatchObject({
      catalog: [],
      roles: [],
    });
  });
});

describe("the life of a token", () => {
  const life = (issued_at: unknown, expires_at: unknown, headers = {}) =>
    tokenWith({ issued_at, expires_at }, headers).lifeMs;

  test.each([
    ["2026-11-22T05:00:00.000000Z", "2026-11-22T06:00:00.000000Z"],
    ["2026-11-22T05:00:00+00:00", "2026-11-22T06:00:00+00:00"],
    ["2026-11-22T05:00:00.123456+00:00", "2026-11-22T06:00:00.123456+00:00"],
    ["2026-11-22T10:30:00+05:30", "2026-11-22T06:00:00Z"],
    ["2026-11-22T05:00:00", "2026-11-22T06:00:00"],
    ["2026-11-22T05:00:00+0000", "2026-11-22T06:00:00+0000"],
  ])("may be written in any form: %s to %s", (issued, expires) => {
    expect(life(issued, expires)).toBe(HOUR_MS);
  });

  test.each(["1970-01-01T00:00:00Z", at(NOW_MS + 2 * HOUR_MS), null, "yesterday", 1_763_784_000])(
    "is counted from its arrival where issued_at is %j",
    (issued) => {
      const token = tokenWith({ issued_at: issued, expires_at: at(NOW_MS + HOUR_MS) });
      expect(token.lifeMs).toBe(HOUR_MS);
      expect(token.expiresAtMs).toBe(NOW_MS + HOUR_MS);
    },
  );

  test("goes by the cloud's clock when it arrives, where the cloud tells it", () => {
    const cloudNowMs = NOW_MS + 7 * HOUR_MS;
    const date = new Date(cloudNowMs).toUTCString();
    const token = tokenWith(
      { issued_at: at(cloudNowMs - 30 * 24 * HOUR_MS), expires_at: at(cloudNowMs + HOUR_MS) },
      { date },
    );
    expect(token.expiresAtMs).toBe(NOW_MS + HOUR_MS);
  });

  test.each([null, "never", "2061-01-01T00:00:00Z", "1999-01-01T00:00:00Z", ""])(
    "is unknown where expires_at is %j: an hour is assumed",
    (expires) => {
      const token = tokenWith({ issued_at: "1970-01-01T00:00:00Z", expires_at: expires });
      expect(token.lifeMs).toBeNull();
      expect(token.expiresAtMs).toBe(NOW_MS + HOUR_MS);
    },
  );
});

test.each([
  ["", "its body is no JSON"],
  ["<html>Welcome</html>", "its body is no JSON"],
  ["null", "token is missing in its body"],
  ['{"access":{"token":{}}}', "token is missing in its body"],
])("an answer that is no Keystone v3 says so: %s", (text, problem) => {
  expect(readToken("t", { text, headers: {} }, NOW_MS)).toEqual({ kind: "none", problem });
});
