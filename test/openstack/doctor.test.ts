import { describe, expect, test } from "vitest";
import { examine } from "../../shared/openstack/doctor.ts";
import { rolesFinding } from "../../shared/openstack/doctor-roles.ts";
import type { Http, HttpRequest } from "../../shared/ports.ts";
import {
  CONFIG,
  NOW_MS,
  PROJECT,
  response,
  signedIn,
  TIMING,
  type Answer,
  type FakeOptions,
} from "./fake-cloud.ts";

const limits = {
  limits: {
    absolute: {
      maxTotalSnapshots: 4,
      totalSnapshotsUsed: 4,
      maxTotalVolumes: -1,
      totalVolumesUsed: 2,
      maxTotalVolumeGigabytes: 100,
      totalGigabytesUsed: 7,
    },
  },
};

/** A cloud in which all is well, but for what `broken` answers. */
function examined(
  broken: (request: HttpRequest, path: string) => Answer | null = () => null,
  options: FakeOptions = {},
) {
  const methods = new Set<string>();
  const http: Http = {
    send: async (request) => {
      const { pathname, host } = new URL(request.url);
      const answer = broken(request, pathname);
      if (answer !== null) return answer;
      if (pathname === "/v3/auth/tokens") return signedIn(1, NOW_MS, options);
      methods.add(request.method);
      if (pathname === "/" && host === "glance.example") {
        return response(300, { versions: [{ id: "v2.15" }] });
      }
      if (pathname === "/") {
        const version = host === "nova.example" ? "2.93" : "3.70";
        return response(300, {
          versions: [{ id: "x", version, min_version: `${version[0] ?? ""}.0` }],
        });
      }
      const date = new Date(NOW_MS).toUTCString();
      if (pathname.endsWith("/limits")) return response(200, limits);
      return response(200, { images: [], servers: [], snapshots: [] }, { date });
    },
  };
  const deps = { http: () => http, now: () => NOW_MS, timing: TIMING };
  const config = { ...CONFIG, ...options.config };
  return { findings: examine(config, null, deps), methods };
}

const told = async (findings: ReturnType<typeof examine>, state: string) =>
  (await findings).filter((found) => found.state === state);

describe("the doctor", () => {
  test("only reads", async () => {
    const { findings, methods } = examined();
    await findings;
    expect([...methods]).toEqual(["GET"]);
  });

  test("tells who signed in, versions, hiding and what reading cannot tell", async () => {
    const { findings } = examined();
    const messages = (await findings).map((found) => `${found.area}: ${found.message}`);
    expect(messages).toContain("identity: password, project demo, role member");
    expect(messages).toContain("compute: compute 2.93: may be read");
    expect(messages).toContain("image: hidden images: yes");
    expect(messages).toContain("volume: quota: 2 volumes used, no limit");
    expect((await told(findings, "unknown")).map((found) => found.area)).toEqual(["volume"]);
  });

  test("tells of a quota that is used up, with a remedy", async () => {
    expect(await told(examined().findings, "problem")).toEqual([
      expect.objectContaining({
        message: "quota: 4 of 4 snapshots used",
        remedy: expect.stringContaining("Delete snapshots"),
      }),
    ]);
  });

  test("stops at a sign-in that fails, and says what to check", async () => {
    const { findings } = examined((_request, path) =>
      path === "/v3/auth/tokens" ? response(401, { error: { message: "no" } }) : null,
    );
    expect(await findings).toEqual([
      expect.objectContaining({
        state: "problem",
        message: expect.stringContaining("check username"),
        requestIds: ["req-1"],
      }),
    ]);
  });

  test("goes on when one service may not be read", async () => {
    const { findings } = examined((_request, path) =>
      path.startsWith("/v2.1/servers")
        ? response(403, { forbidden: { message: "Policy doesn't allow x to be performed." } })
        : null,
    );
    const problems = await told(findings, "problem");
    expect(problems.map((found) => [found.area, found.remedy?.split(" ")[0]])).toEqual([
      ["compute", "Ask"],
      ["volume", "Delete"],
    ]);
    expect((await findings).some((found) => found.message.includes("hidden images"))).toBe(true);
  });

  test("names a service that the region lacks", async () => {
    const { findings } = examined(() => null, { config: { regionNames: ["az9"] } });
    expect((await told(findings, "problem")).map((found) => found.area)).toEqual([
      "compute",
      "volume",
      "image",
    ]);
  });

  test.each([
    [90_000, "problem", "clock: 90 s apart"],
    [30_000, "ok", "clock: 30 s apart"],
    [1_000, "ok", "clock: the same"],
  ])("compares clocks: %i ms is %s", async (apartMs, state, message) => {
    const date = new Date(NOW_MS - apartMs).toUTCString();
    const { findings } = examined((_request, path) =>
      path === "/v2/images" ? response(200, { images: [] }, { date }) : null,
    );
    const found = (await findings).find(
      (found) => found.area === "image" && /clock/.test(found.message),
    );
    expect([found?.state, found?.message]).toEqual([state, message]);
  });

  test.each([{}, { date: "" }, { date: "yesterday" }])(
    "says that a service does not tell its time: %o",
    async (headers) => {
      const { findings } = examined((_request, path) =>
        path === "/v2/images" ? response(200, { images: [] }, headers) : null,
      );
      expect(await told(findings, "unknown")).toContainEqual(
        expect.objectContaining({
          area: "image",
          message: "clock: the service does not tell its time",
        }),
      );
    },
  );

  test.each([
    [["reader"], "problem"],
    [["Reader"], "problem"],
    [[], "problem"],
    [["auditor", "reader"], "unknown"],
    [["reader", "Member"], "ok"],
    [["_member_"], "ok"],
    [["admin"], "ok"],
  ])("judges the roles %j: %s", (roles, state) => {
    expect(rolesFinding("password, project demo", roles).state).toBe(state);
  });

  test.each([
    [
      { kind: "failure", sent: false, reason: "ECONNREFUSED" } as const,
      "does not reach it: curl http",
    ],
    [response(401, "{}"), "Correct lab in clouds.yaml"],
    [response(404, "{}"), "Correct lab in clouds.yaml"],
    [response(503, "{}"), "Try again later"],
  ])("says what to do where nobody can sign in: %j", async (answer, remedy) => {
    const { findings } = examined((_request, path) => (path === "/v3/auth/tokens" ? answer : null));
    const [problem, ...others] = await findings;
    expect(others).toEqual([]);
    expect(problem?.remedy).toContain(remedy);
    expect(problem?.remedy).toContain("Nothing else could be looked at");
  });

  test("a reader does not pass", async () => {
    const { findings } = examined(() => null, { token: { roles: [{ name: "reader" }] } });
    expect(await told(findings, "problem")).toContainEqual(
      expect.objectContaining({
        area: "identity",
        remedy: "Ask the operator for the role member in this project",
      }),
    );
  });

  test("warns of tokens that may end before an upload does", async () => {
    const { findings } = examined(() => null, { tokenSeconds: 3600 });
    expect((await told(findings, "unknown")).map((found) => found.message)).toContain(
      "tokens live 1 h: an upload that takes longer may fail at its end",
    );
  });

  test("works where Cinder tells no limits", async () => {
    const { findings } = examined((_request, path) =>
      path === `/v3/${PROJECT}/limits` ? response(404, "{}") : null,
    );
    expect((await told(findings, "unknown")).map((found) => found.message)).toContainEqual(
      expect.stringContaining("quota: volume refused showLimits"),
    );
  });
});
