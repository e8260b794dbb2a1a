import { expect, it } from "vitest";
import { runKey } from "../../shared/run/run-id.ts";
import { sourceKey } from "../../shared/source/item.ts";
import { openDataFile } from "../cli/dead-letters.ts";
import { openWorkplace } from "../cli/workplace.ts";
import { run, sourceItem } from "../unit/builders.ts";
import { differencesOf } from "./blocks.ts";
import { runIn } from "./run-in.ts";

const RUN = "web-20261122-092109-mjzdss";
const SERVER = "382a3497-0f4e-4f0e-9b0c-2f6f0a6a51d3";
const MISTAKE = new TypeError("Cannot read properties of undefined (reading 'status')");

it("docs/dead-letters.md shows the list, and how one is put back", async () => {
  await using place = await openWorkplace();
  const { write, deadLetterOf, foreign, closeFile } = openDataFile(place.folder);
  await write(runKey(RUN), { ...run({ step: "check-status" }), id: RUN }, 0);
  await deadLetterOf(runKey(RUN), "check-status", MISTAKE);
  await write(sourceKey(SERVER), sourceItem({ id: SERVER }), 0);
  for (let n = 0; n < 3; n++) await deadLetterOf(sourceKey(SERVER), "restore-source", MISTAKE);
  await foreign('{"version":1}', "check-status");
  closeFile();
  expect(await differencesOf("docs/dead-letters.md", place.folder, runIn(place))).toEqual([]);
}, 60_000);
