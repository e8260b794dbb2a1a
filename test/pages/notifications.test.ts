import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openWorkplace } from "../cli/workplace.ts";
import { openMailServer } from "../mail/mail-server.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";
import { certificate } from "./whole-build.ts";

it("docs/notifications.md shows how a target is tried", async () => {
  await using place = await openWorkplace();
  const files = certificate(place.folder);
  const tls = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
  await using server = await openMailServer(tls);
  const smtp = `{ host: 127.0.0.1, port: ${server.port}, tls: none }`;
  const team = `{ kind: email, from: regild@example.com, to: [ops@example.com], smtp: ${smtp} }`;
  place.write("regild.yml", `notifications: { team: ${team} }\n`);
  expect(await differencesOf("docs/notifications.md", place.folder, runIn(place))).toEqual([]);
  expect(server.received).toMatchObject([{ recipients: ["ops@example.com"] }]);
}, 60_000);
