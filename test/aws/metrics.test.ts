import { describe, expect, it } from "vitest";
import { openMetrics } from "../../shared/lambda/embedded-metrics.ts";
import { about } from "../../shared/lambda/invocation.ts";
import { Measurements } from "../../shared/lambda/measurements.ts";
import { lateSeconds } from "../../shared/lambda/uploads-seen.ts";
import type { HttpFailure, HttpRequest, HttpResponse } from "../../shared/ports.ts";
import { NOW } from "../unit/builders.ts";

function written(...put: Parameters<ReturnType<typeof openMetrics>["put"]>): unknown[] {
  const lines: string[] = [];
  const metrics = openMetrics({ now: () => NOW, write: (line) => lines.push(line) });
  about({ function: "regild-prod-sweep", requestId: "r", recipe: "web" }, () =>
    metrics.put(...put),
  );
  for (const line of lines) expect(line).not.toContain("\n");
  return lines.map((line): unknown => JSON.parse(line));
}

describe("a line for CloudWatch", () => {
  it("names metrics, units and dimensions, and has their values beside; what else is known is no dimension", () => {
    expect(
      written(
        { regild_sweep_sent_on_total: 2, regild_upload_seen_late_seconds: [1.5, 0] },
        { kind: "run" },
      ),
    ).toEqual([
      {
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: "Regild",
              Dimensions: [["FunctionName", "kind"]],
              Metrics: [
                { Name: "regild_sweep_sent_on_total", Unit: "Count" },
                { Name: "regild_upload_seen_late_seconds", Unit: "Seconds" },
              ],
            },
          ],
        },
        FunctionName: "regild-prod-sweep",
        kind: "run",
        requestId: "r",
        recipe: "web",
        regild_sweep_sent_on_total: 2,
        regild_upload_seen_late_seconds: [1.5, 0],
      },
    ]);
  });

  it("is written for a zero, and not for nothing", () => {
    expect(written({ regild_recipe_overdue: 0 })).toHaveLength(1);
    expect(written({})).toEqual([]);
  });
});

const IMAGES = "https://glance.test/v2/images";
const get = (url: string): HttpRequest => ({ method: "GET", url, headers: {}, timeoutMs: 1000 });
const answered = (status: number, body: unknown = {}): HttpResponse => ({
  kind: "response",
  status,
  headers: {},
  text: typeof body === "string" ? body : JSON.stringify(body),
});
const lost: HttpFailure = { kind: "failure", sent: true, reason: "reset" };

/** A way to a cloud that answers so, in this order. */
function watched(...answers: Array<HttpResponse | HttpFailure>) {
  const measurements = new Measurements(() => NOW);
  const is = { forUploads: true };
  const send = async () => answers.shift() ?? answered(200);
  const seenLate: typeof lateSeconds = (...exchange) =>
    is.forUploads ? lateSeconds(...exchange) : [];
  return { measurements, is, http: measurements.watched({ send }, seenLate) };
}

describe("calls to clouds", () => {
  it("are counted once per invocation, and not told of when there were none", async () => {
    const { measurements, http } = watched();
    for (const url of [IMAGES, IMAGES, `${IMAGES}/1`]) await http.send(get(url));
    expect(measurements.take()).toEqual({ regild_cloud_requests_total: 3 });
    expect(measurements.take()).toEqual({});
  });

  it("are repeated where the same call had no answer, or one that refused the token", async () => {
    const { measurements, http } = watched(lost, lost, answered(200), answered(401));
    for (let send = 0; send < 6; send++) await http.send(get(`${IMAGES}/1`));
    expect(measurements.take()).toEqual({
      regild_cloud_requests_total: 6,
      regild_cloud_requests_repeated_total: 3,
    });
  });

  it("are not repeated by another call, nor in another invocation", async () => {
    const { measurements, http } = watched(lost, answered(200), lost);
    await http.send(get(`${IMAGES}/1`));
    await http.send({ ...get(`${IMAGES}/1`), method: "DELETE" });
    await http.send(get(`${IMAGES}/2`));
    expect(measurements.take()).toEqual({ regild_cloud_requests_total: 3 });
    await http.send(get(`${IMAGES}/2`));
    expect(measurements.take()).toEqual({ regild_cloud_requests_total: 1 });
  });

  it("to AWS are counted when they are repeated", () => {
    const { measurements } = watched();
    measurements.awsCallRepeated();
    measurements.awsCallRepeated();
    expect(measurements.take()).toEqual({ regild_aws_requests_repeated_total: 2 });
  });
});

describe("how late the end of an upload is seen", () => {
  const image = (is: object = {}) => ({
    status: "active",
    size: 1024,
    updated_at: new Date(NOW - 74_000).toISOString(),
    ...is,
  });
  async function seenLate(answer: HttpResponse, request = get(`${IMAGES}/1`), forUploads = true) {
    const { measurements, is, http } = watched(answer);
    is.forUploads = forUploads;
    await http.send(request);
    return measurements.take().regild_upload_seen_late_seconds;
  }

  it("is told of an image that is active", async () => {
    expect(await seenLate(answered(200, image()))).toEqual([74]);
  });

  it("is told of each such image of a list", async () => {
    const images = [
      image({ status: "saving" }),
      image(),
      image({ updated_at: "2026-11-23T09:30:12Z" }),
    ];
    expect(await seenLate(answered(200, { images }), get(`${IMAGES}?id=in:1,2,3`))).toEqual([
      74, 0,
    ]);
  });

  it("is never less than nothing, however the clocks differ", async () => {
    const updated_at = new Date(NOW + 5000).toISOString();
    expect(await seenLate(answered(200, image({ updated_at })))).toEqual([0]);
  });

  it.each([
    ["of an upload that goes on", answered(200, image({ status: "saving" }))],
    ["of an image whose content is in snapshots", answered(200, image({ size: 0 }))],
    ["of no JSON", answered(200, "<html>")],
    ["of an answer that is none", answered(500, image())],
  ])("is not told %s", async (_of, answer) => expect(await seenLate(answer)).toBeUndefined());

  it("is not told by other steps, of other things, or of calls that do not look", async () => {
    expect(await seenLate(answered(200, image()), get(`${IMAGES}/1`), false)).toBeUndefined();
    const server = get("https://nova.test/v2.1/servers/1");
    expect(await seenLate(answered(200, image()), server)).toBeUndefined();
    const patch: HttpRequest = { ...get(`${IMAGES}/1`), method: "PATCH" };
    expect(await seenLate(answered(200, image()), patch)).toBeUndefined();
  });
});
