import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { readyDocument } from "../../local/health/readiness.ts";
import { openWorkplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 120_000 });

const lineSchema = z.looseObject({ level: z.string(), message: z.string() });

it("regild serve writes JSON lines and nothing else, one for each outcome, and says when it is ready", async () => {
  await using place = await openWorkplace();
  place.write("regild.yml", 'senders: { ci: { scheme: github, secrets: ["0123456789abcdef"] } }\n');
  place.write(
    "recipes.yml",
    "recipes:\n  web: { cloud: demo, server: web, prepare: { stop_server: true }, webhook: { sender: ci, event: push } }\n",
  );
  const host = place.begin("serve", "--listen", "127.0.0.1:0");
  await host.said('"serving"');
  const url = /"url":"([^"]+)"/.exec(host.out())?.[1] ?? "";
  const ended = await place.regild("refresh", "web", "--wait");
  expect(ended.status).toBe(0);
  await host.said("run ended");
  await sleep(100);
  const answer = await fetch(`${url}/readyz`);
  const ready = readyDocument.parse(await answer.json());
  expect([answer.status, ready.ready]).toEqual([200, true]);
  expect(ready.checks).toContainEqual(
    expect.objectContaining({ check: "cloud", name: "demo", ok: true, message: null }),
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  host.kill("SIGTERM");
  const { out, err } = await host.ended;
  const lines = `${out}${err}`.split("\n").filter((line) => line !== "");
  const messages = lines.map((line) => lineSchema.parse(JSON.parse(line)).message);
  expect(messages[0]).toBe("serving");
  expect(messages).toContainEqual(expect.stringContaining("regild.sqlite yet: making it."));
  for (const outcome of ["source stopped", "source started", "image promoted", "run ended"]) {
    expect(messages.filter((message) => message === outcome)).toEqual([outcome]);
  }
});
