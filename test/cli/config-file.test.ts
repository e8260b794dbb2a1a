import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { recipesCheckDocument } from "../../local/view/checks.ts";
import { errorDocument } from "../../local/view/document.ts";
import { sendersDocument } from "../../local/view/senders.ts";
import { storedSenders } from "../../shared/webhook/stored-senders.ts";
import { openWorkplace, type Workplace } from "./workplace.ts";

vi.setConfig({ testTimeout: 30_000 });

const SECRET = "0123456789abcdef";
const CONFIG = `senders: { ci: { scheme: github, secrets: ["${SECRET}"] } }\n`;
const RECIPES = `recipes:
  web: { cloud: demo, server: web, webhook: { sender: ci, event: image.ready } }
  data: { cloud: demo, volume: data }
`;

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
  place.write("hooked.yml", RECIPES);
});
afterAll(() => place[Symbol.asyncDispose]());

/** @param mode of the file. */
function config(name: string, text: string, mode = 0o600): string[] {
  place.write(name, text);
  chmodSync(join(place.folder, name), mode);
  return ["--config", name];
}

const NO_CLOUD_ASKED =
  "No cloud was asked: regild doctor looks for the server or volume of each recipe.";

describe.concurrent("regild recipes check", () => {
  const check = (...args: string[]) => place.regild("recipes", "check", "hooked.yml", ...args);

  it("is content where each sender is there", async () => {
    const { status, out, err } = await check(...config("good.yml", CONFIG));
    expect({ status, out, err }).toEqual({
      status: 0,
      out: "2 recipes, no problems\n",
      err: `${NO_CLOUD_ASKED}\n`,
    });
  });

  it("says what to write where there is no such file, and finds no fault with it", async () => {
    const { status, out, err } = await check("--config", "absent.yml");
    expect({ status, out }).toEqual({ status: 0, out: "2 recipes, no problems\n" });
    expect(err.split("\n")).toEqual([
      "There is no absent.yml, and web names a sender. regild serve needs it. Write it, and chmod 600 absent.yml:",
      "senders:",
      '  ci: { scheme: github, secrets: ["…"] }',
      NO_CLOUD_ASKED,
      "",
    ]);
  });

  it("names whatever else the recipes want of that file, hooks too", async () => {
    place.write(
      "wanting.yml",
      `recipes:
  web:
    cloud: demo
    server: web
    webhook: { sender: ci, event: image.ready }
    prepare: { stop_server: true, hook: { to: guest } }
    callback: { to: guest }
    notifications: [{ to: ops }, { to: team }]
  data: { cloud: demo, volume: data, notifications: [{ to: ops }] }
`,
    );
    const absent = ["--config", "absent.yml"];
    const { status, err } = await place.regild("recipes", "check", "wanting.yml", ...absent);
    expect(status).toBe(0);
    expect(err.split("\n")).toEqual([
      "There is no absent.yml, and web names a sender, web names the program of a hook, web names a callback, and web, data name who is notified. regild serve needs it. Write it, and chmod 600 absent.yml:",
      "senders:",
      '  ci: { scheme: github, secrets: ["…"] }',
      "callbacks:",
      '  guest: { url: "https://…", secrets: ["whsec_…"] }',
      "notifications:",
      '  ops: { kind: slack, url: "https://hooks.slack.com/…" }',
      '  team: { kind: slack, url: "https://hooks.slack.com/…" }',
      NO_CLOUD_ASKED,
      "",
    ]);
  });

  it("warns of a mailbox without smtp, with which regild serve does not start", async () => {
    const text = `${CONFIG}
notifications:
  team: { kind: email, from: r@example.com, to: [ops@example.com] }
  ops: { kind: email, from: r@example.com, to: [ops@example.com], smtp: { host: localhost } }
`;
    const { status, out } = await check(...config("mails.yml", text));
    expect(status).toBe(0);
    expect(out).toMatch(/^mails\.yml:4:\d+ +notifications\.team: warning: has no smtp/m);
    expect(out).toContain("2 recipes, no problems, 1 warning");
    const served = await place.regild("serve", "--config", "mails.yml", "--data", "mails.db");
    expect(served).toMatchObject({ status: 2, out: "" });
    expect(served.err).toContain("notifications.team in regild.yml has no smtp");
  });

  it("warns of recipes that a chat is allowed, and that are not there", async () => {
    const chat = `${CONFIG}
chat:
  ops:
    platform: slack
    secrets: ["0123456789abcdef0123456789abcdef"]
    workspace: T0123
    allow:
      - { commands: [status], recipes: [web, webs], users: ["U1"] }
      - { commands: [status], recipes: any, users: ["U1"] }
      - { commands: [status], recipes: [elsewhere], users: ["U1"] }
`;
    const { status, out } = await check(...config("chats.yml", chat));
    expect(status).toBe(0);
    expect(out).toMatch(
      /^chats\.yml:\d+:\d+ +chat\.ops\.allow\[0\]\.recipes\[1\]: warning: there is no recipe webs\. Did you mean web\?$/m,
    );
    expect(out).toMatch(/recipes\[0\]: warning: there is no recipe elsewhere\. Take it out/);
    expect(out).toContain("2 recipes, no problems, 2 warnings");
  });

  it("warns of recipes that a sign-in is granted, and that are not there", async () => {
    const text = `${CONFIG}
oidc:
  issuer: https://id.example.org
  client_id: regild
  public_url: https://regild.example.org
  grants:
    - { claim: groups, value: all, role: read }
    - { claim: groups, value: web, role: run, recipes: [web, webs] }
`;
    const { status, out } = await check(...config("grants.yml", text));
    expect(status).toBe(0);
    expect(out).toMatch(
      /^grants\.yml:9:62 +oidc\.grants\[1\]\.recipes\[1\]: warning: there is no recipe webs\. Did you mean web\?$/m,
    );
  });

  it("says nothing of it where no recipe has a webhook", async () => {
    expect(await place.regild("recipes", "check")).toMatchObject({
      status: 0,
      err: `${NO_CLOUD_ASKED}\n`,
    });
  });

  it("finds the recipes whose sender is not there", async () => {
    const { status, out } = await check(...config("other.yml", CONFIG.replace("ci", "c1")));
    expect(status).toBe(2);
    expect(out.split("\n")).toEqual([
      "hooked.yml:2:55  web.webhook.sender: ci is no sender of other.yml. Did you mean c1?",
      "1 problem in 1 recipe. Nothing was started.",
      "",
    ]);
  });

  it("finds the problems of both files, and shows no secret", async () => {
    place.write("wrong.yml", RECIPES.replace("cloud: demo", "cloud: demo, keep: 0"));
    const text = `senders: { ci: { scheme: github, secrets: ["${SECRET}", "short"], colour: red } }`;
    const ask = [...config("bad.yml", text), "-o", "json"];
    const { status, out, err } = await place.regild("recipes", "check", "wrong.yml", ...ask);
    expect(status).toBe(2);
    const { problems } = recipesCheckDocument.parse(JSON.parse(out));
    expect(problems.map(({ file, path }) => `${file} ${path}`)).toEqual([
      "wrong.yml web.keep",
      "bad.yml senders.ci.secrets[1]",
      "bad.yml senders.ci.colour",
    ]);
    expect(out + err).not.toContain(SECRET);
  });

  it("counts the recipes that have problems, and no part of regild.yml as one", async () => {
    const text = `notifications: { ops: { kind: discord, bot_token: short, channel: "1" } }
chat: { ops: { platform: slack, secrets: [short], workspace: T0123, allow: [] } }
callbacks: { ci: {} }
`;
    const { out } = await check(...config("counted.yml", text));
    expect(out).toContain(
      "notifications.ops.bot_token: is shorter than 16 characters. Copy all of what the chat shows",
    );
    expect(out).toContain(
      "chat.ops.secrets[0]: is shorter than 16 characters. Copy all of what the chat shows",
    );
    expect(out).toMatch(/^\d problems\. Nothing was started\.$/m);
  });

  it.each([0o640, 0o604, 0o660, 0o620])("refuses a file of mode %o", async (mode) => {
    const name = `open-${mode.toString(8)}.yml`;
    const { status, out } = await check(...config(name, CONFIG, mode));
    expect(status).toBe(2);
    expect(out).toContain(
      `${name}:1:1  it holds secrets, and others may read it (mode ${mode.toString(8)}). chmod 600 ${name}\n1 problem. Nothing was started.`,
    );
  });
});

describe.concurrent("regild serve refuses to start", () => {
  const serve = (...args: string[]) =>
    place.regild("serve", "--recipes", "hooked.yml", "-o", "json", ...args);

  const bad = 'senders: { ci: { scheme: github, secrets: ["hunter2"] } }';
  it.each([
    [
      "no file of senders",
      null,
      /ci is no sender of serve-0\.yml\. Write it there: senders: \{ ci/,
    ],
    ["another sender", CONFIG.replace("ci", "c1"), /Did you mean c1\?/],
    ["a secret that is too short", bad, /shorter than 16/],
  ])("with %s", async (_, text, message) => {
    const name = `serve-${text?.length ?? 0}.yml`;
    if (text !== null) config(name, text);
    const { status, out } = await serve("--config", name);
    expect(status).toBe(2);
    const { error } = errorDocument.parse(JSON.parse(out));
    expect(error).toMatchObject({ code: "wrong-usage", message: expect.stringMatching(message) });
    expect(out).not.toContain("hunter2");
  });
});

describe("a hook that regild.yml does not define", () => {
  const given = ["--recipes", "hooking.yml"];
  beforeAll(() => {
    place.write(
      "hooking.yml",
      `recipes:
  web:
    cloud: demo
    server: web
    prepare: { stop_server: true, hook: { to: guest } }
`,
    );
    const target =
      '{ url: "https://ci.example.com", secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }';
    given.push(...config("hooks.yml", `callbacks: { ci: ${target}, lab: ${target} }`));
  });

  it.each(["recipes check", "serve --data hooks.sqlite", "refresh web", "refresh web --wait"])(
    "is named by regild %s",
    async (command) => {
      const { status, out, err } = await place.regild(...command.split(" "), ...given);
      expect(status).toBe(2);
      expect(out + err).toContain(
        "hooking.yml:5:41  web.prepare.hook: guest is no callback of hooks.yml, which has ci, lab. Write it there: callbacks: { guest: {",
      );
    },
  );

  it("does not matter to a refresh where regild.yml is wrong: the host has read another one", async () => {
    const wrong = config("hooks-wrong.yml", "callbacks: 5");
    const { status, err } = await place.regild("refresh", "web", ...given, ...wrong);
    expect(status).toBe(6);
    expect(err).toContain("web asks a hook before it stops its source, and no host runs");
  });
});

describe.concurrent("regild senders", () => {
  const senders = (...args: string[]) =>
    place.regild("senders", "--recipes", "hooked.yml", ...args);

  it("lists who starts what, and shows no secret", async () => {
    const file = config(
      "list.yml",
      CONFIG.replace(" } }", ' }, lab: { scheme: gitlab, secrets: ["fedcba9876543210"] } }'),
    );
    const { status, out } = await senders(...file);
    expect(status).toBe(0);
    expect(out.split("\n")).toEqual([
      "SENDER  SCHEME  SECRETS  STARTS",
      "ci      github  1        web",
      "lab     gitlab  1        –",
      "",
    ]);
    const json = await senders(...file, "-o", "json");
    expect(sendersDocument.parse(JSON.parse(json.out)).senders[0]).toEqual({
      name: "ci",
      scheme: "github",
      secret_count: 1,
      recipes: ["web"],
    });
    expect(out + json.out).not.toContain(SECRET);
  });

  it("exports what a stack on AWS reads, whatever is wrong with the recipes", async () => {
    const args = [...config("export.yml", CONFIG), "--recipes", "nosuch.yml", "--export"];
    const { status, out, err } = await place.regild("senders", ...args);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(storedSenders(out)).toEqual(new Map([["ci", { scheme: "github", secrets: [SECRET] }]]));
  });

  it("exports nothing of a file with a mistake in it", async () => {
    const args = config("mistaken.yml", CONFIG.replace("github", "githup"));
    const { status, out, err } = await senders(...args, "--export");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("mistaken.yml:1:26  senders.ci.scheme: is unknown. Write github, gitlab");
    expect(err).not.toContain(SECRET);
  });

  it("says what to write where there is no such file", async () => {
    const { status, err } = await senders("--config", "nosuch.yml");
    expect(status).toBe(2);
    expect(err).toContain("There is no nosuch.yml\n→ Write it, senders: { ci: { scheme: github");
    const test = await place.regild("notifications", "test", "team", "--config", "nosuch.yml");
    expect(test).toMatchObject({ status: 2, out: "" });
    expect(test.err).toContain("→ Write it, notifications: { team: { kind: slack, url:");
  });
});
