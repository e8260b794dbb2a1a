import { expect, it } from "vitest";
import { loginBody, postToken } from "../raw-cloud.ts";
import { itWithOperator } from "../needs-operator.ts";
import type { Stage } from "../stage.ts";
import { until } from "../target.ts";
import { tokenGoodAtFirst } from "./token-life.ts";

const UNAUTHORIZED = { error: { code: 401, title: "Unauthorized" } };

export function identityContract(stage: Stage): void {
  const { http, config } = stage.target;

  it("a sign-in answers 201, the token in a header, the catalog with its regions", async () => {
    const answer = await postToken(http, config.authUrl, loginBody(config));
    expect(answer.status).toBe(201);
    expect(answer.headers["x-subject-token"]).toMatch(/^.{20,}$/u);
    expect(answer.json).toMatchObject({
      token: {
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u),
        project: { id: stage.raw.projectId },
        catalog: expect.arrayContaining([
          expect.objectContaining({
            type: "image",
            endpoints: expect.arrayContaining([
              expect.objectContaining({
                interface: "public",
                region: config.regionNames[0],
                region_id: config.regionNames[0],
                url: expect.not.stringMatching(/\/v2$/u),
              }),
            ]),
          }),
          expect.objectContaining({ type: "volumev3" }),
          expect.objectContaining({ type: "compute" }),
        ]),
      },
    });
  });

  it("a wrong password and an unknown project are the same 401", async () => {
    const { auth } = config;
    if (auth.kind !== "password") throw new Error("the contract is tested with a password");
    const wrongs = [
      { ...config, auth: { ...auth, password: "wrong" } },
      { ...config, auth: { ...auth, project: { name: "nobody-s", domain: { id: "default" } } } },
    ];
    for (const wrong of wrongs) {
      const answer = await postToken(http, config.authUrl, loginBody(wrong));
      expect(answer.status).toBe(401);
      expect(answer.json).toMatchObject(UNAUTHORIZED);
      expect(answer.headers["www-authenticate"]).toMatch(/^Keystone uri=/u);
    }
  });

  it("an unknown application credential is 404, one that asks for a scope 401", async () => {
    const credential = { id: "0".repeat(32), secret: "wrong" };
    const identity = {
      methods: ["application_credential"],
      application_credential: credential,
    };
    const unknown = await postToken(http, config.authUrl, { auth: { identity } });
    expect(unknown.status).toBe(404);
  });

  it("no token, a made-up and a revoked one are 401: JSON, but HTML at the image service", async () => {
    const signIn = await postToken(http, config.authUrl, loginBody(config));
    const revoked = signIn.headers["x-subject-token"] ?? "";
    const gone = await stage.call({
      service: "identity",
      method: "DELETE",
      path: "/auth/tokens",
      headers: { "x-subject-token": revoked },
    });
    expect(gone.status).toBe(204);
    for (const token of [null, "gAAAAAB-made-up", revoked]) {
      for (const [service, path] of [
        ["compute", "/servers"],
        ["volume", "/volumes"],
      ] as const) {
        const answer = await stage.call({ service, path, token });
        expect(answer.status).toBe(401);
        expect(answer.json).toMatchObject(UNAUTHORIZED);
      }
      const image = await stage.call({ service: "image", path: "/v2/images", token });
      expect(image.status).toBe(401);
      expect(image.headers["content-type"]).toContain("text/html");
      expect(image.text).toContain("<h1>401 Unauthorized</h1>");
    }
  });

  it("another project's id in a volume path is a malformed URL", async () => {
    const path = `/v3/${"0".repeat(32)}/volumes`;
    const answer = await stage.call({ service: "volume", root: true, path });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ badRequest: { message: "Malformed request url" } });
  });

  itWithOperator(stage, "a token that has expired is answered 401", async (operator) => {
    const servers = (token: string) => stage.call({ service: "compute", path: "/servers", token });
    const { token, endMs } = await tokenGoodAtFirst(stage, operator, servers);
    await until(stage.target, "the token's end", () =>
      Promise.resolve(stage.target.now() > endMs + 1000 ? true : null),
    );
    expect((await servers(token)).status).toBe(401);
  });
}
