import { describe, expect, it } from "vitest";
import { intent, inventoryImage, MINUTE, run } from "../../unit/builders.ts";
import { History, told } from "./history.ts";
import { stopped, stopping } from "./histories.ts";

const OPEN = "within bounds, what is sent belongs to an open intent";

/** Each rule, and the shortest history that breaks it, and what else it cannot but break. */
const HISTORIES: Array<[rule: string, tell: (history: History) => void, also?: string]> = [
  ["nothing is created that was not announced", (s) => s.createImage(), OPEN],
  [
    "a create is sent once per intent",
    (s) => {
      s.announcing();
      s.createImage();
      s.createImage(); // 409, this time
    },
  ],
  [
    "an image is taken of the run's own source",
    (s) => {
      const other = s.cloud.operator.addServer({ name: "other", volumes: [] });
      s.announcing();
      const body = { createImage: { name: "web-try001", metadata: {} } };
      s.ask("POST", `/compute/v2.1/servers/${other.id}/action`, body);
    },
  ],
  [
    "within bounds, a create is called within its window",
    (s) => {
      s.announcing();
      s.wait(MINUTE);
      const url = `http://cloud.example/compute/v2.1/servers/${s.web.id}/action`;
      const body = JSON.stringify({ createImage: { name: "web-try001" } });
      s.checker.called({ method: "POST", url, body, headers: {}, timeoutMs: 60_000 });
    },
  ],
  [
    "within bounds, what is sent takes effect before its intent is settled",
    (s) => {
      s.announcing();
      s.wait(2 * MINUTE);
      s.createImage();
    },
  ],
  [
    "within bounds, what is sent belongs to an open intent",
    (s) => {
      const { intent: open, ...rest } = s.announcing();
      s.run({ ...rest, intent: null, unansweredAttempts: open === null ? [] : [open] });
      s.createImage();
    },
  ],
  [
    "within bounds, only the holder of a source's lock touches it",
    (s) => {
      s.announcing();
      s.source({ owner: null });
      s.createImage();
    },
  ],
  [
    "within bounds, only the active run of a recipe creates",
    (s) => {
      s.announcing();
      s.recipeState({ activeRun: null });
      s.createImage();
    },
  ],
  [
    "within bounds, nothing is made twice",
    (s) => {
      const made = s.made();
      const entry = inventoryImage({ id: made.id, run: run().id });
      s.recipeState({ activeRun: run().id, images: [entry] });
      const timeline = [told("intent", "web-try001"), told("intent", "web-try002")];
      s.run({ locked: true, intent: intent({ id: "2", name: "web-try002" }), timeline });
      s.createImage("web-try002");
    },
  ],
  ["no server is started that was not stopped for an image", (s) => s.act({ "os-start": null })],
  [
    "no server is stopped before the wish to have it run again is stored",
    (s) => {
      s.announcing();
      stopping(s);
      s.act({ "os-stop": null });
    },
  ],
  [
    "a server that we stopped is to be started until it runs",
    (s) => {
      stopped(s);
      s.source({ owner: run().id });
    },
  ],
  [
    "servers run as they were found",
    (s) => {
      s.web.vmState = "stopped";
      s.checker.end();
    },
  ],
  [
    "no wish is left for a server that runs",
    (s) => {
      s.source({ wishedPower: "ACTIVE" });
      s.checker.end();
    },
  ],
  [
    "no server is stopped unannounced",
    (s) => {
      s.source({ wishedPower: "ACTIVE" });
      s.act({ "os-stop": null });
    },
    OPEN,
  ],
  [
    "a stop is sent once per intent",
    (s) => {
      s.announcing();
      s.source({ owner: run().id, wishedPower: "ACTIVE" });
      stopping(s);
      s.act({ "os-stop": null });
      s.act({ "os-stop": null });
    },
  ],
  [
    "within bounds, nothing is unrecorded",
    (s) => {
      s.made();
      s.recipeState({ activeRun: null });
      s.run({ locked: true, timeline: [told("intent", "web-try001")] });
    },
  ],
];

describe("a create, a stop or a start that must not be", () => {
  it.each(HISTORIES)("breaks the rule: %s", (rule, tell, also) => {
    const history = new History();
    tell(history);
    expect(new Set(history.broken)).toEqual(new Set([rule, also ?? rule]));
  });
});
