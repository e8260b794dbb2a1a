import { describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { runsDocument } from "../../local/view/run.ts";
import { githubSignature } from "../unit/webhook/sign.ts";
import { openWorkplace, type Running } from "./workplace.ts";

vi.setConfig({ testTimeout: 60_000 });

const SECRETS = ["the secret of the build system", "the one that comes after it"];
const CONFIG = `senders: { ci: { scheme: github, secrets: ${JSON.stringify(SECRETS)} } }\n`;
const RECIPES = `
recipes:
  web:
    cloud: demo
    server: web
    webhook: { sender: ci, event: workflow_run, when: "workflow_run.head_branch == 'main'" }
  data: { cloud: demo, volume: data, webhook: { sender: ci, event: release } }
`;
const BODY = JSON.stringify({ action: "completed", workflow_run: { head_branch: "main" } });

const servingSchema = z.looseObject({ url: z.string(), webhooks: z.array(z.string()) });
const answerSchema = z.object({
  runs: z.array(z.object({ id: z.string(), recipe: z.string() })),
  passed_over: z.array(z.object({ recipe: z.string(), reason: z.string() })),
});

async function serving(host: Running) {
  await host.said('"serving"');
  const [line = ""] = host.out().split("\n");
  const { url, webhooks } = servingSchema.parse(JSON.parse(line));
  expect(webhooks).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/webhooks\/ci$/)]);
  const [webhook = ""] = webhooks;
  expect(new URL(webhook).host).not.toBe(new URL(url).host);
  const post = (signature: string | null, body = BODY) =>
    fetch(webhook, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-GitHub-Event": "workflow_run",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        ...(signature === null ? {} : { "X-Hub-Signature-256": signature }),
      },
      body,
    });
  return { url, webhook, post };
}

describe("with a host that knows its senders", () => {
  it("a signed delivery leads to an image, once, and an unsigned one to nothing", async () => {
    await using place = await openWorkplace();
    place.write("recipes.yml", RECIPES);
    place.write("regild.yml", CONFIG);
    const host = place.begin("serve", "--listen", "127.0.0.1:0");
    const { url, post } = await serving(host);

    const [secret = "", next = ""] = SECRETS;
    expect((await post(null)).status).toBe(401);
    expect((await post(githubSignature(secret, `${BODY} `))).status).toBe(401);

    const taken = await post(githubSignature(secret, BODY));
    expect(taken.status).toBe(202);
    const { runs, passed_over: passedOver } = answerSchema.parse(await taken.json());
    expect(runs.map(({ recipe }) => recipe)).toEqual(["web"]);
    expect(passedOver).toEqual([{ recipe: "data", reason: "it takes release, not workflow_run" }]);

    const again = await post(githubSignature(next, BODY));
    expect(again.status).toBe(202);
    expect(answerSchema.parse(await again.json()).runs).toEqual(runs);

    const waited = await place.regild("refresh", "web", "--wait");
    expect(waited.status).toBe(0);
    const listed = runsDocument.parse(await (await fetch(`${url}/v1/runs`)).json());
    const [run, ...others] = listed.runs.filter(({ trigger }) => trigger.kind === "webhook");
    expect(others).toEqual([]);
    expect(run).toMatchObject({ id: runs[0]?.id, state: "succeeded", trigger: { by: "ci" } });

    const shown = await place.regild("runs", "web");
    expect(shown.out).toContain("webhook ci");

    host.kill("SIGTERM");
    const { status, out, err } = await host.ended;
    expect(status).toBe(0);
    expect(err.match(/"message":"webhook refused"/g)).toHaveLength(2);
    for (const each of SECRETS) expect(out + err).not.toContain(each);
    expect(out + err).not.toContain("head_branch");
  });
});
