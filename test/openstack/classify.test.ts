import { describe, expect, test } from "vitest";
import type { HttpFailure, HttpResponse } from "../../shared/ports.ts";
import { classify, unreadable, type Effect } from "../../shared/openstack/classify.ts";
import { ID, lost, notSent, NOW_MS } from "./fake-cloud.ts";

type Service = "identity" | "compute" | "volume" | "image";

const PATHS = {
  identity: "/v3/auth/tokens",
  compute: `/v2.1/servers/${ID}/action`,
  volume: `/v3/p/volumes/${ID}`,
  image: `/v2/images/${ID}`,
};

function verdict(
  service: Service,
  operation: string,
  effect: Effect,
  answer: HttpResponse | HttpFailure,
) {
  const status = answer.kind === "failure" ? null : answer.status;
  const requestId =
    answer.kind === "failure" ? null : (answer.headers["x-openstack-request-id"] ?? null);
  const call = { method: "POST", service, path: PATHS[service], status, requestId };
  const error = classify({ operation, effect, call }, answer, NOW_MS);
  expect(error.call).toBe(call);
  return error;
}

function says(status: number, text: string, headers: Record<string, string> = {}): HttpResponse {
  return {
    kind: "response",
    status,
    text,
    headers: { "x-openstack-request-id": "req-7", ...headers },
  };
}

const json = (message: string) => JSON.stringify({ fault: { code: 0, message } });

const html = (heading: string, text: string) =>
  `<html>\n <head>\n  <title>${heading}</title>\n </head>\n <body>\n  <h1>${heading}</h1>\n  ${text}<br /><br />\n\n\n\n </body>\n</html>`;

const TASK = `Cannot 'createImage' instance ${ID} while it is in task_state image_snapshot`;
const OVER = JSON.stringify({
  overLimit: { code: 413, message: "SnapshotLimitExceeded: Maximum …", retryAfter: "0" },
});

// Texts as the services of Zed wrote them.
describe("an answer that is no success", () => {
  test.each<[string, Service, string, Effect, HttpResponse, string]>([
    ["401 after a renewal", "compute", "getServer", "read", says(401, ""), "sign-in-failed"],
    ["401 to a create: nothing done", "compute", "createImage", "once", says(401, ""), "transient"],
    [
      "403 by policy",
      "compute",
      "os-stop",
      "once",
      says(403, json("Policy doesn't allow os_compute_api:os-quota-sets:x to be performed.")),
      "forbidden",
    ],
    [
      "403 by quota",
      "compute",
      "createImage",
      "once",
      says(403, json("Quota exceeded for resources: snapshots")),
      "quota-exceeded",
    ],
    [
      "403 by a limit",
      "compute",
      "createImage",
      "once",
      says(403, json("Image metadata limit exceeded")),
      "quota-exceeded",
    ],
    [
      "403 of a protected image",
      "image",
      "deleteImage",
      "repeatable",
      says(403, html("403 Forbidden", `Image ${ID} is protected and cannot be deleted.`)),
      "protected",
    ],
    [
      "403 of another's image",
      "image",
      "deleteImage",
      "repeatable",
      says(403, html("403 Forbidden", "You are not permitted to delete this image.")),
      "forbidden",
    ],
    ["404", "compute", "getServer", "read", says(404, json("Instance …")), "not-found"],
    ["409 of a task", "compute", "createImage", "once", says(409, json(TASK)), "busy"],
    [
      "409 while building",
      "compute",
      "createImage",
      "once",
      says(409, json(`Cannot 'createImage' instance ${ID} while it is in vm_state building`)),
      "busy",
    ],
    [
      "409 of an error state",
      "compute",
      "createImage",
      "once",
      says(409, json(`Cannot 'createImage' instance ${ID} while it is in vm_state error`)),
      "conflict",
    ],
    [
      "409 of a lock",
      "compute",
      "os-stop",
      "once",
      says(409, json(`Instance ${ID} is locked`)),
      "conflict",
    ],
    ["409 of clones", "image", "deleteImage", "repeatable", says(409, ""), "in-use"],
    [
      "409 of a patch that lost",
      "image",
      "updateImage",
      "repeatable",
      says(409, html("409 Conflict", "Property nosuch does not exist.")),
      "transient",
    ],
    [
      "400 of a volume under upload",
      "volume",
      "createSnapshot",
      "once",
      says(400, json("Invalid volume: Volume v status must be available, in-use, but …")),
      "busy",
    ],
    [
      "400 passed on by Nova",
      "compute",
      "createImage",
      "once",
      says(400, json("Invalid input received: Invalid volume: Volume v status must be …")),
      "busy",
    ],
    [
      "400 of a volume with snapshots",
      "volume",
      "deleteVolume",
      "repeatable",
      says(400, json("Invalid volume: Volume status must be available or error or …")),
      "in-use",
    ],
    [
      "400 of a body",
      "compute",
      "createImage",
      "once",
      says(400, json("Invalid input for field/attribute name. Value: . '' is too short")),
      "invalid-request",
    ],
    [
      "413 of a quota at Cinder",
      "volume",
      "createSnapshot",
      "once",
      says(413, OVER, { "retry-after": "0" }),
      "quota-exceeded",
    ],
    [
      "413 of a quota at Glance",
      "image",
      "updateImage",
      "repeatable",
      says(
        413,
        html("413 Request Entity Too Large", "The limit has been exceeded on the number …"),
      ),
      "quota-exceeded",
    ],
    [
      "413 of a rate limit",
      "compute",
      "createImage",
      "once",
      says(413, json("This request was rate-limited."), { "retry-after": "6" }),
      "transient",
    ],
    ["413 of a proxy", "image", "updateImage", "repeatable", says(413, ""), "invalid-request"],
    ["429", "compute", "createImage", "once", says(429, ""), "transient"],
    [
      "406",
      "compute",
      "createImage",
      "once",
      says(406, json("Version 2.999 …")),
      "invalid-request",
    ],
    ["415", "image", "updateImage", "repeatable", says(415, ""), "invalid-request"],
    ["300", "compute", "getServer", "read", says(300, "{}"), "configuration"],
    ["500 to a read", "image", "getImage", "read", says(500, ""), "transient"],
    ["503 to a read", "image", "getImage", "read", says(503, ""), "transient"],
    ["500 to a create", "compute", "createImage", "once", says(500, ""), "unanswered"],
    [
      "503 to a create, whoever sent it",
      "compute",
      "createImage",
      "once",
      says(503, "", { "retry-after": "5" }),
      "unanswered",
    ],
    ["504 to a change", "image", "updateImage", "repeatable", says(504, ""), "unanswered"],
    ["408 to a create", "volume", "uploadImage", "once", says(408, ""), "unanswered"],
  ])("%s", (_name, service, operation, effect, answer, expected) => {
    const error = verdict(service, operation, effect, answer);
    expect(error.code ?? error.kind).toBe(expected);
  });
});

describe("no answer", () => {
  test("to a read is transient", () => {
    expect(verdict("image", "getImage", "read", lost).kind).toBe("transient");
  });
  test("to a write leaves open whether it was done", () => {
    expect(verdict("image", "deleteImage", "repeatable", lost).kind).toBe("unanswered");
    expect(verdict("compute", "createImage", "once", lost).kind).toBe("unanswered");
  });
  test("to what was never sent is transient", () => {
    expect(verdict("compute", "createImage", "once", notSent).kind).toBe("transient");
  });
  test("and one that cannot be read are the same", () => {
    const call = {
      method: "GET",
      service: "image" as const,
      path: "/",
      status: 200,
      requestId: null,
    };
    const of = (effect: Effect) => unreadable({ operation: "x", effect, call }, "no JSON").kind;
    expect([of("read"), of("repeatable"), of("once")]).toEqual([
      "transient",
      "unanswered",
      "unanswered",
    ]);
  });
});

describe("404", () => {
  const bare = (text: string): HttpResponse => ({ ...says(404, text), headers: {} });
  test("of a web server in front is transient: nothing is gone", () => {
    const apache = html("Not Found", `The requested URL /v2/images/${ID} was not found`);
    expect(verdict("image", "getImage", "read", bare(apache)).kind).toBe("transient");
    expect(verdict("image", "getImage", "read", bare("")).kind).toBe("transient");
  });
  test("of a service without request ids counts if it names the resource", () => {
    const glance = html("404 Not Found", `No image found with ID ${ID}`);
    expect(verdict("image", "getImage", "read", bare(glance)).code).toBe("not-found");
  });
});

describe("the message", () => {
  test("has service, operation, the cloud's words, status and request id", () => {
    expect(verdict("compute", "createImage", "once", says(409, json(TASK))).message).toBe(
      `compute refused createImage: ${TASK} (409, req-7)`,
    );
  });
  test("takes the text out of HTML, without the heading", () => {
    const answer = says(
      403,
      html("403 Forbidden", "You may &quot;not&quot; do &lt;br /&gt; this."),
    );
    expect(verdict("image", "updateImage", "repeatable", answer).message).toBe(
      'image refused updateImage: You may "not" do this. (403, req-7)',
    );
  });
  test("is short, and without Keystone's copy of the request", () => {
    const schema = json(
      "'x' is a required property\n\nFailed validating … On instance: {password}",
    );
    expect(verdict("identity", "sign-in", "read", says(400, schema)).message).toBe(
      "identity refused sign-in: 'x' is a required property (400, req-7)",
    );
    const long = verdict("image", "getImage", "read", says(500, json("x".repeat(5000))));
    expect(long.message.length).toBeLessThan(400);
  });
  test("names where a redirect leads", () => {
    const answer = says(302, "", { location: "https://cloud/v3" });
    expect(verdict("identity", "sign-in", "read", answer).message).toContain("https://cloud/v3");
  });
});

describe("Retry-After", () => {
  test.each([
    ["17", 17],
    ["0", null],
    ["Sun, 22 Nov 2026 05:01:30 GMT", 90],
    ["Sun, 22 Nov 2026 04:00:00 GMT", null],
    ["soon", null],
  ])("%s is %s seconds", (value, seconds) => {
    const answer = says(429, "", { "retry-after": value });
    expect(verdict("image", "getImage", "read", answer).retryAfterSeconds).toBe(seconds);
  });
});
