import { describe, expect, test } from "vitest";
import type { Http } from "../../shared/ports.ts";
import {
  fakeCloud,
  inTurn,
  lost,
  NOW_MS,
  openFake,
  refusal,
  response,
  signedIn,
  type Answer,
} from "./fake-cloud.ts";

const refused = response(401);
const absent = response(404, { itemNotFound: { code: 404, message: "gone" } });
const tokens = (requests: Array<{ headers: Record<string, string> }>) =>
  requests.map((request) => request.headers["x-auth-token"]);

/** A Keystone that answers only sign-ins, and those as told. */
function keystone(...answers: Answer[]) {
  const bodies: string[] = [];
  const http: Http = {
    send: async (request) => {
      bodies.push(request.body ?? "");
      return answers.shift() ?? signedIn(1, NOW_MS, {});
    },
  };
  return { http, bodies };
}

/** A cloud whose sign-ins are answered as told, or later, and otherwise at once. */
function signingIn(options: { tokenSeconds: number }) {
  const clock = { nowMs: NOW_MS };
  const answers: Answer[] = [];
  const held: Array<Promise<void>> = [];
  const used: Array<string | undefined> = [];
  let nth = 0;
  const http: Http = {
    send: async ({ url, headers }) => {
      if (!url.endsWith("/auth/tokens")) {
        if (url.includes("/images/")) used.push(headers["x-auth-token"]);
        return absent;
      }
      nth += 1;
      const answer = answers.shift() ?? signedIn(nth, clock.nowMs, options);
      await held.shift();
      return answer;
    },
  };
  return { cloud: openFake(http, {}, clock, []), clock, answers, held, used };
}

describe("a token", () => {
  test("serves all calls until shortly before its end", async () => {
    const fake = fakeCloud(() => absent, { tokenSeconds: 3600 });
    await fake.cloud.images.image("a");
    fake.clock.nowMs += 54 * 60_000;
    await fake.cloud.images.image("a");
    fake.clock.nowMs += 2 * 60_000;
    await fake.cloud.images.image("a");
    expect(tokens(fake.requests)).toEqual(["token-1", "token-1", "token-2"]);
  });

  test("of a short life serves more than one call", async () => {
    const fake = fakeCloud(() => absent, { tokenSeconds: 60 });
    await fake.cloud.images.image("a");
    fake.clock.nowMs += 30_000;
    await fake.cloud.images.image("a");
    expect(tokens(fake.requests)).toEqual(["token-1", "token-1"]);
  });

  test("is one of the last minute after authenticate", async () => {
    const fake = fakeCloud(() => absent);
    for (const seconds of [0, 59, 1]) {
      fake.clock.nowMs += seconds * 1000;
      await fake.cloud.authenticate();
      await fake.cloud.images.image("a");
    }
    expect(tokens(fake.requests)).toEqual(["token-1", "token-1", "token-2"]);
  });

  test.each([
    ["is refused", response(503)],
    ["is not answered", lost],
  ])("of before a sign-in that %s does not count as new", async (_, fault) => {
    const { cloud, clock, used, answers } = signingIn({ tokenSeconds: 3600 });
    await cloud.authenticate();
    clock.nowMs += 50 * 60_000;
    answers.push(fault, fault, fault);
    await cloud.authenticate().catch(() => {});
    answers.length = 0;
    clock.nowMs += 5_000;
    await cloud.authenticate();
    await cloud.images.image("a");
    expect(used).toEqual([expect.not.stringMatching(/^token-1$/)]);
  });

  test("of before a sign-in that is under way does not count as new", async () => {
    const { cloud, clock, used, held } = signingIn({ tokenSeconds: 3600 });
    await cloud.authenticate();
    clock.nowMs += 50 * 60_000;
    const hold = Promise.withResolvers<void>();
    held.push(hold.promise);
    const first = cloud.authenticate();
    await cloud.authenticate();
    await cloud.images.image("a");
    hold.resolve();
    await first;
    expect(used).toEqual([expect.not.stringMatching(/^token-1$/)]);
  });

  test("that a service has refused is not kept by authenticate", async () => {
    const fake = fakeCloud(inTurn(absent, refused, absent));
    await fake.cloud.images.image("a");
    await refusal(fake.cloud.compute.stop("s"));
    await fake.cloud.authenticate("compute");
    await fake.cloud.images.image("a");
    expect(tokens(fake.requests)).toEqual(["token-1", "token-1", "token-2"]);
  });

  test("counts its life from its arrival, however wrong our clock is", async () => {
    const yesterday = NOW_MS - 86_400_000;
    const { http, bodies } = keystone(signedIn(1, yesterday, { tokenSeconds: 3600 }));
    const cloud = openFake(http, {}, { nowMs: NOW_MS }, []);
    await cloud.authenticate();
    await cloud.everyImageService();
    expect(bodies).toHaveLength(1);
  });
});

describe("401", () => {
  test("is answered once with a new token", async () => {
    const fake = fakeCloud(inTurn(refused, absent));
    expect(await fake.cloud.images.image("a")).toBeNull();
    expect(tokens(fake.requests)).toEqual(["token-1", "token-2"]);
  });

  test("a second time is the service's refusal of a good token", async () => {
    const fake = fakeCloud(inTurn(refused, refused));
    const error = await refusal(fake.cloud.images.image("a"));
    expect(error.code).toBe("token-refused");
    expect(error.message).toContain(
      "Ask the cloud's operator whether Glance checks tokens at this",
    );
  });

  test("to a create is not answered at all, but the token is given up", async () => {
    const fake = fakeCloud(inTurn(refused, response(202, { image_id: "i" })));
    expect((await refusal(fake.cloud.compute.createImage("s", "n", {}))).kind).toBe("transient");
    expect(fake.requests).toHaveLength(1);
    await fake.cloud.compute.createImage("s", "n", {});
    expect(tokens(fake.requests)).toEqual(["token-1", "token-2"]);
  });
});

describe("signing in", () => {
  test("with a password names the project, with an application credential no scope", async () => {
    const password = keystone();
    await openFake(password.http, {}, { nowMs: NOW_MS }, []).authenticate();
    expect(JSON.parse(password.bodies[0] ?? "")).toEqual({
      auth: {
        identity: {
          methods: ["password"],
          password: {
            user: { name: "demo", domain: { id: "default" }, password: "open-sesame" },
          },
        },
        scope: { project: { name: "demo", domain: { id: "default" } } },
      },
    });
    const credential = keystone();
    const config = {
      auth: { kind: "application-credential" as const, credential: { id: "ac" }, secret: "hush" },
    };
    await openFake(credential.http, { config }, { nowMs: NOW_MS }, []).authenticate();
    expect(JSON.parse(credential.bodies[0] ?? "")).toEqual({
      auth: {
        identity: {
          methods: ["application_credential"],
          application_credential: { id: "ac", secret: "hush" },
        },
      },
    });
  });

  test.each([
    ["401", response(401, { error: { message: "requires authentication" } }), "sign-in-failed"],
    ["404 of a password", response(404, { error: { message: "not found" } }), "configuration"],
    ["300", response(300, { versions: [] }), "configuration"],
  ])("%s says what to check", async (_name, answer, code) => {
    const { http } = keystone(answer);
    const error = await refusal(openFake(http, {}, { nowMs: NOW_MS }, []).authenticate());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/Cloud lab: check /);
  });

  test("404 of an application credential means it is unknown", async () => {
    const { http } = keystone(response(404, { error: { message: "Could not find …" } }));
    const config = {
      auth: { kind: "application-credential" as const, credential: { id: "ac" }, secret: "hush" },
    };
    const error = await refusal(openFake(http, { config }, { nowMs: NOW_MS }, []).authenticate());
    expect(error.code).toBe("sign-in-failed");
  });

  test("is tried again when nobody answers, being harmless", async () => {
    const { http, bodies } = keystone(lost, lost);
    const { projectId } = await openFake(http, {}, { nowMs: NOW_MS }, []).authenticate();
    expect(projectId).not.toBe("");
    expect(bodies).toHaveLength(3);
  });

  test("never shows the password, even if Keystone does", async () => {
    const echo = response(400, { error: { message: `'open-sesame' is not of type 'object'` } });
    const { http } = keystone(echo);
    const error = await refusal(openFake(http, {}, { nowMs: NOW_MS }, []).authenticate());
    expect(error.message).toContain("is not of type");
    expect(JSON.stringify([error, error.message, String(error.cause)])).not.toContain(
      "open-sesame",
    );
  });

  test("with a token for no project is refused, with the field that is missing", async () => {
    for (const project of [undefined, null, { name: "no id" }]) {
      const { http } = keystone(signedIn(1, NOW_MS, { token: { project } }));
      const error = await refusal(openFake(http, {}, { nowMs: NOW_MS }, []).authenticate());
      expect(error.code).toBe("configuration");
      expect(error.message).toContain("token.project is missing, so the token is for no project");
    }
  });

  test("without a project, or by no Keystone at all, is told apart from a success", async () => {
    for (const answer of [response(201, "{}", { "x-subject-token": "t" }), response(201, "{}")]) {
      const { http } = keystone(answer);
      const error = await refusal(openFake(http, {}, { nowMs: NOW_MS }, []).authenticate());
      expect(error.kind).toBe("transient");
    }
  });
});

test("a call is told with its path, without query and headers", async () => {
  const fake = fakeCloud(() => response(200, { images: [] }));
  await fake.cloud.images.named("secret name");
  expect(fake.calls.at(-1)).toEqual({
    method: "GET",
    service: "image",
    path: "/v2/images",
    status: 200,
    requestId: "req-1",
  });
  expect(JSON.stringify(fake.calls)).not.toContain("secret");
});
