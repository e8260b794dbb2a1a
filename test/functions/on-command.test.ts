import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { handler } from "../../functions/on-command/handler.ts";
import { pauseRecipe } from "../../shared/commands/pause.ts";
import { PLATFORMS, type PlatformName, type Workspace } from "../../shared/chat/workspace.ts";
import { chatServers, DiscordServer, type Post } from "../chat/servers.ts";
import { discordRequest, mattermostRequest, slackRequest } from "../chat/requests.ts";
import { ANYBODY_ANYTHING, workspaceOf } from "../chat/workspaces.ts";
import { askForApproval } from "../../shared/run/approval.ts";
import {
  candidate,
  image,
  recipeState,
  inventoryImage,
  NOW,
  PASSED,
  recipe,
  run,
} from "../unit/builders.ts";
import { Installation } from "./installation.ts";

/** Every platform's server, whose requests the function answers as API Gateway would have it do. */
function stage(allow: Workspace["allow"] = [ANYBODY_ANYTHING]) {
  const on = new Installation();
  for (const name of ["web", "db"]) on.recipes.set(name, recipe({ name }));
  for (const platform of PLATFORMS) on.chat.set(platform, workspaceOf(platform, allow));
  const postTo =
    (workspace: string): Post =>
    async ({ headers, body }) => {
      const isForm = headers["content-type"]?.includes("form-urlencoded") ?? false;
      const event = {
        pathParameters: { workspace },
        headers,
        body: isForm ? Buffer.from(body).toString("base64") : body,
        isBase64Encoded: isForm,
      };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parts that the function reads
      const answer = await on.call(handler, event as unknown as APIGatewayProxyEventV2);
      return {
        status: answer.statusCode ?? 0,
        headers: z.record(z.string(), z.string()).parse(answer.headers),
        body: answer.body ?? "",
      };
    };
  const servers = chatServers(postTo);
  let sent = 0;
  const write = (platform: PlatformName, text: string, user?: string) => {
    sent += 1;
    const id = `trigger-${sent}`;
    const written = { text, id, nowMs: on.nowMs };
    return servers[platform].write(user === undefined ? written : { ...written, user });
  };
  return { on, servers, postTo, write };
}

type Stage = ReturnType<typeof stage>;

async function runsOf({ on }: Stage, recipeName: string) {
  const { items } = await on.store.range(`R#${recipeName}`, "run#", 10);
  return items;
}

function underWay({ on }: Stage) {
  const made = candidate({ askedAtMs: NOW - 60_000 });
  const web = run({ step: "check-status", candidate: made, source: null });
  on.putRun(web, 7, { sweepAtMs: NOW + 60_000 });
  on.putRecipeState(recipeState({ activeRun: web.id, uploadSeconds: [300] }));
  return web;
}

/** A run that asks for approval. */
function waiting({ on }: Stage) {
  const asking = run({
    recipe: recipe({ promote: "approve" }),
    step: "promote-image",
    candidate: candidate(),
    source: null,
    tests: [{ ...PASSED, consoleTail: "Started nginx | golden login:" }],
  });
  const images = {
    image: image({ properties: { os_version: "12.8" } }),
    current: image({ id: "old", properties: { os_version: "12.7" } }),
  };
  const web = { ...asking, ...askForApproval(asking, images, NOW) };
  on.putRun(web, 7);
  on.putRecipeState(recipeState({ activeRun: web.id }));
  return web;
}

describe.each(PLATFORMS)("on %s", (platform) => {
  it("refresh starts no run of a paused recipe, and says who has paused it", async () => {
    const s = stage();
    await pauseRecipe(s.on.backend, "web", { by: "anna", reason: "storage", untilMs: null });
    const { text } = await s.write(platform, "refresh web");
    expect(text).toContain("web is paused by anna: storage");
    expect(await runsOf(s, "web")).toEqual([]);
  });

  it("refresh starts a run, which names the user, and the same request again starts nothing", async () => {
    const s = stage();
    const shown = await s.write(platform, "refresh web");
    const [item, ...others] = await runsOf(s, "web");
    expect(others).toEqual([]);
    const id = `web-${item?.key.sk.replace("run#", "")}`;
    expect(shown).toMatchObject({ onlyToUser: false });
    expect(shown.text).toContain("web: a refresh has started");
    expect(shown.text).toContain(`Run ${id}`);
    expect((await s.on.run(id)).trigger).toMatchObject({
      kind: "command",
      by: `${platform === "teams" ? "Anna" : "anna"} (${platform})`,
    });
    const told = platform === "slack" ? ["notify"] : []; // the others need a setting
    expect(s.on.sent.map(({ queue }) => queue)).toEqual(["prepare-source", ...told]);

    s.on.nowMs += 60_000;
    const again = await s.servers[platform].again();
    expect(again.text).toContain(`Run ${id}`);
    expect(await runsOf(s, "web")).toHaveLength(1);
    expect(s.on.sent).toHaveLength(1 + told.length);
    expect(s.on.requests).toEqual([]);
  });

  it("status, runs and images say how it stands", async () => {
    const s = stage();
    const web = underWay(s);
    s.on.putRecipeState(
      recipeState({
        activeRun: web.id,
        uploadSeconds: [300],
        current: "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77",
        images: [
          inventoryImage({
            id: "5e1d0c7a-4b52-4f0e-9a55-0c3f6a1d9e77",
            name: "web_1*2 <@U1> @all",
            state: "current",
            promotedAtMs: NOW - 3_600_000,
          }),
        ],
      }),
    );
    const all = await s.write(platform, "status");
    expect(all.text.replaceAll("\u200b", "")).toContain(
      "web: web_1*2 <@U1> @all, for 1 h. Last run: check-status, about 4 min left",
    );
    expect(all.text).toContain("db: no image yet. No run yet");
    expect(all.onlyToUser).toBe(platform !== "teams");
    const one = await s.write(platform, `status ${web.id}`);
    expect(one.text).toContain("web: check-status, about 4 min left");
    expect((await s.write(platform, "runs")).text).toContain(`${web.id}: check-status`);
    expect((await s.write(platform, "images web")).text).toContain("current, made");
    expect((await s.write(platform, "images db")).text).toContain("db has no image yet");
  });

  it("a failed run is shown with its cause and the next step", async () => {
    const s = stage();
    const failure = {
      code: "image-vanished",
      message: "The cloud deleted the image. <!channel> *now*",
      remedy: "Give both request ids to the cloud's operator",
      step: "check-status" as const,
      atMs: NOW,
      evidence: [],
    };
    s.on.putRun(run({ outcome: "failed", endedAtMs: NOW - 120_000, failure }), 9);
    s.on.putRecipeState(recipeState({}));
    const { text } = await s.write(platform, "status web");
    expect(text).toContain("web: FAILED image-vanished 2 min ago");
    expect(text).toContain("Why: The cloud deleted the image.");
    expect(text).toContain("Next: Give both request ids");
  });

  it("cancel asks once more, and is done once, by the same user, within two minutes", async () => {
    const s = stage();
    const web = underWay(s);
    const asked = await s.write(platform, "cancel web", "anna-id");
    expect(asked.text).toContain(`Cancel run ${web.id}?`);
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    expect(confirm).toMatch(/^confirm [0-9a-z]{6}$/);
    const cancelAtMs = async () =>
      (await s.on.item({ pk: "R#web", sk: web.id.replace("web-", "run#") })).cancelAtMs;
    expect(await cancelAtMs()).toBeNull();

    const other = await s.write(platform, confirm, "somebody-else");
    expect(other.text).toContain("There is nothing to confirm");
    expect(await cancelAtMs()).toBeNull();

    const done = await s.write(platform, confirm, "anna-id");
    expect(done.text).toContain("the run is being cancelled");
    expect(await cancelAtMs()).toBe(NOW);

    const again = await s.write(platform, confirm, "anna-id");
    expect(again.text).toContain("There is nothing to confirm");
  });

  it("a confirmation is too old after two minutes", async () => {
    const s = stage();
    underWay(s);
    const asked = await s.write(platform, "cancel web");
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    s.on.nowMs += 120_000;
    expect((await s.write(platform, confirm)).text).toContain("There is nothing to confirm");
  });

  it("who may not is told whom to ask, and nothing else", async () => {
    const s = stage([{ commands: ["status"], recipes: ["db"], users: "any" }]);
    underWay(s);
    for (const text of [
      "refresh web",
      "refresh nothing",
      "status web",
      "cancel web",
      "images web",
    ]) {
      const shown = await s.write(platform, text);
      expect(shown.text).toMatch(/You may not use|There is no/);
      expect(shown.text).toContain("Ask Anna");
    }
    expect((await s.write(platform, "status")).text).not.toContain("web");
    expect((await s.write(platform, "status db")).text).toContain("db: no run yet");
    expect(await runsOf(s, "web")).toHaveLength(1);
    expect(s.on.sent).toEqual([]);
  });

  it("a permission that is taken away holds for what is to be confirmed", async () => {
    const s = stage();
    underWay(s);
    const asked = await s.write(platform, "cancel web");
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    s.on.chat.set(platform, workspaceOf(platform, []));
    expect((await s.write(platform, confirm)).text).toContain("You may not use cancel");
  });

  it("approve shows how the candidate differs, and lets the run go on once it is confirmed", async () => {
    const s = stage();
    const web = waiting(s);
    const asked = await s.write(platform, "approve web");
    expect(asked.text).toContain("os_version: 12.7 → 12.8");
    expect(asked.text).toContain("Test boot: booted in 40 s, printed");
    expect(asked.text).toContain("Started nginx | golden login:");
    expect((await s.on.run(web.id)).approval?.decision).toBeNull();
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    expect((await s.write(platform, confirm)).text).toContain("web: the image is approved");
    const { approval, reconcileAtMs } = await s.on.run(web.id);
    expect(approval?.decision).toMatchObject({ kind: "approved", atMs: NOW });
    expect(approval?.decision?.by).toContain(`(${platform})`);
    expect(reconcileAtMs).toBe(NOW);
    expect(s.on.sent.map(({ queue }) => queue)).toContain("promote-image");
    expect((await s.write(platform, "approve web")).text).toContain("was approved by");
  });

  it("reject asks for a reason and once more, and then the run is rejected with it", async () => {
    const s = stage();
    const web = waiting(s);
    expect((await s.write(platform, "reject web")).text).toMatch(/Why is .* rejected\?/);
    const asked = await s.write(platform, "reject web the service\tdoes not *start*");
    expect(asked.text).toContain("Reject");
    expect((await s.on.run(web.id)).approval?.decision).toBeNull();
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    expect((await s.write(platform, confirm)).text).toContain("web: the image is rejected");
    const { approval } = await s.on.run(web.id);
    expect(approval?.decision).toMatchObject({
      kind: "rejected",
      reason: "the service does not *start*",
      by: expect.stringContaining(`(${platform})`),
    });
    expect(s.on.sent.map(({ queue }) => queue)).toContain("promote-image");
    expect((await s.write(platform, "reject web again")).text).toContain("was rejected by");
    expect((await s.write(platform, confirm)).text).toContain("nothing to confirm");
  });

  it("who may approve may not reject", async () => {
    const s = stage([{ commands: ["approve"], recipes: "any", users: "any" }]);
    const web = waiting(s);
    expect((await s.write(platform, "reject web no")).text).toContain("You may not use reject");
    expect((await s.on.run(web.id)).approval?.decision).toBeNull();
  });

  it("approve of a run that asks nobody changes nothing", async () => {
    const s = stage();
    const web = underWay(s);
    expect((await s.write(platform, "approve web")).text).toContain("needs no approval");
    expect((await s.on.run(web.id)).approval).toBeNull();
  });

  it("rollback says which image is left, and asks a worker once it is confirmed", async () => {
    const s = stage();
    const old = inventoryImage({ id: "old", state: "retired", promotedAtMs: NOW - 90_000_000 });
    const bad = inventoryImage({ id: "bad", state: "current" });
    s.on.putRecipeState(recipeState({ current: "bad", images: [old, bad] }));
    const asked = await s.write(platform, "rollback web");
    expect(asked.text).toContain("Go back from web-bad for web?");
    expect(asked.text).toContain("web-old");
    expect((await s.on.recipeState("web")).pointerRequests).toEqual([]);
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    expect((await s.write(platform, confirm)).text).toContain("going back to an earlier image");
    const [request] = (await s.on.recipeState("web")).pointerRequests;
    expect(request).toMatchObject({ kind: "rollback", from: "bad", imageId: null });
    expect(s.on.sent.map(({ queue }) => queue)).toEqual(["retire-images"]);
    expect((await s.write(platform, confirm)).text).toContain("nothing to confirm");
  });

  it("rollback without an earlier image, or of a current image that has changed since, does nothing", async () => {
    const s = stage();
    const old = inventoryImage({ id: "old", state: "retired", promotedAtMs: NOW - 90_000_000 });
    const bad = inventoryImage({ id: "bad", state: "current" });
    expect((await s.write(platform, "rollback web")).text).toContain("no image yet");
    s.on.putRecipeState(recipeState({ current: "bad", images: [bad] }));
    expect((await s.write(platform, "rollback web")).text).toContain("no earlier image");
    s.on.putRecipeState(recipeState({ current: "bad", images: [old, bad] }));
    const asked = await s.write(platform, "rollback web");
    const confirm = asked.button?.press ?? /confirm [0-9a-z]{6}/.exec(asked.text)?.[0] ?? "";
    s.on.putRecipeState(recipeState({ current: "new", images: [old, bad] }));
    expect((await s.write(platform, confirm)).text).toContain("another image is current by now");
    expect((await s.on.recipeState("web")).pointerRequests).toEqual([]);
  });

  it("help lists what the user may do", async () => {
    const s = stage([
      { commands: ["approve", "rollback", "refresh"], recipes: "any", users: "any" },
    ]);
    const { text } = await s.write(platform, "help");
    expect(text).toContain("refresh RECIPE");
    expect(text).not.toContain("images RECIPE");
    expect((await s.write(platform, "refesh web")).text).toContain("There is no command refesh");
    expect((await s.write(platform, "refresh webb")).text).toContain("Did you mean web?");
    expect((await s.write(platform, "refresh")).text).toContain("refresh web");
  });

  it("a forged, an old and an unknown one get one answer", async () => {
    const s = stage();
    const forged = await s.servers[platform].forge({ text: "refresh web", id: "1", nowMs: NOW });
    expect(forged.status).toBe(401);
    const answers = [forged];
    s.on.chat.delete(platform);
    answers.push(await s.servers[platform].forge({ text: "refresh web", id: "1", nowMs: NOW }));
    s.on.chat.set(platform, { ...workspaceOf(platform), workspace: "another" });
    const { servers } = s;
    await servers[platform].write({ text: "refresh web", id: "1", nowMs: NOW }).catch(() => null);
    s.on.chat.set(platform, workspaceOf(platform));
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(s.on.store.table.items.size).toBe(0);
    expect(s.on.sent).toEqual([]);
  });
});

it.each(["slack", "discord", "teams"] as const)(
  "%s: too old and too new are answered alike",
  async (platform) => {
    const s = stage();
    const forged = await s.servers[platform].forge({ text: "status", id: "1", nowMs: NOW });
    for (const nowMs of [NOW - 301_000, NOW + 301_000]) {
      const request =
        platform === "discord"
          ? discordRequest({ text: "refresh web", id: "1", nowMs })
          : platform === "slack"
            ? slackRequest({ text: "refresh web", id: "1", nowMs })
            : (await import("../chat/requests.ts")).teamsRequest({
                text: "refresh web",
                id: "1",
                nowMs,
              });
      expect(await s.postTo(platform)(request)).toEqual(forged);
    }
    expect(s.on.sent).toEqual([]);
  },
);

describe("a request", () => {
  it("of another workspace of the platform is refused, and the log says its id", async () => {
    const s = stage();
    const answer = await s.postTo("slack")(
      slackRequest({ text: "refresh web", id: "1", nowMs: NOW, workspace: "T0OTHER" }),
    );
    expect(answer.status).toBe(401);
    expect(s.on.logged.join("\n")).toContain("T0OTHER");
    expect(s.on.sent).toEqual([]);
  });

  it("over 64 KiB is refused before it is read", async () => {
    const s = stage();
    const request = mattermostRequest({ text: "x".repeat(70_000), id: "1", nowMs: NOW });
    expect((await s.postTo("mattermost")(request)).status).toBe(413);
  });

  it("that is signed and no command is refused", async () => {
    const s = stage();
    const { body, headers } = mattermostRequest({ text: "status", id: "", nowMs: NOW });
    expect((await s.postTo("mattermost")({ body, headers })).status).toBe(400);
  });

  it("finds no store: the user is told so in the chat", async () => {
    const s = stage();
    s.on.store.commit = () => Promise.reject(new Error("disk full"));
    const { text } = await s.write("slack", "refresh web");
    expect(text).toContain("Regild could not do that");
    expect(s.on.logged.join("\n")).toContain("disk full");
  });

  it("is told nowhere in the log: neither token nor text", async () => {
    const s = stage();
    await s.write("mattermost", "refresh secret-word");
    await s.write("slack", "secret-word");
    const logged = s.on.logged.join("\n");
    expect(logged).not.toContain(workspaceOf("mattermost").secrets?.[0]);
    expect(logged).not.toContain("hooks.slack.com");
  });
});

it("Discord accepts the address: PING is answered, and a bad signature is 401", async () => {
  const s = stage();
  await expect(new DiscordServer(s.postTo("discord")).register(NOW)).resolves.toBeUndefined();
});

it("a command asks no cloud, however many there are at once", async () => {
  const s = stage();
  underWay(s);
  await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      s.servers.slack.write({ text: "refresh web", id: `many-${at}`, nowMs: NOW }),
    ),
  );
  expect(s.on.requests).toEqual([]);
});
