import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { render } from "../../local/progress/render.ts";
import type { Run, TimelineEvent } from "../../shared/run/record.ts";
import { candidate, recipeState, MINUTE, NOW, recipe, run, SECOND } from "../unit/builders.ts";
import { event } from "./events.ts";

const WIDE = 200;

const UPLOADING: Partial<Run> = {
  step: "check-status",
  candidate: candidate({ askedAtMs: NOW + 43 * SECOND }),
  timeline: [
    event(41, "prepare-source", "step", "ACTIVE → SHUTOFF"),
    event(43, "create-image", "step", "web-20261123-k3f9q2  image-new"),
    event(60, "check-status", "observation", "saving"),
  ],
};

const SENDING: Partial<Run> = {
  step: "distribute",
  candidate: candidate({ sizeBytes: 2 ** 31 }),
  copies: [
    {
      zone: "az2",
      registeredAtMs: NOW,
      way: "stream",
      fetches: 1,
      sentBytes: 2 ** 29,
      brokenSinceMs: null,
      missingSinceMs: null,
    },
  ],
  timeline: [event(60, "distribute", "observation", "az2: Regild sends the image")],
};

/** The line at work of one upload, so many seconds after it was asked for. */
function uploadLine(elapsedSeconds: number, uploadSeconds: number[]): string {
  const watched = { run: run(UPLOADING), recipeState: recipeState({ uploadSeconds }) };
  const nowMs = NOW + (43 + elapsedSeconds) * SECOND;
  return render([watched], nowMs, WIDE).at(-1) ?? "";
}

function ended(fields: Partial<Run>): Run {
  return run({ startedAtMs: NOW, endedAtMs: NOW + 7 * SECOND, ...fields });
}

describe("one run", () => {
  it("is told step by step, with what each one took", () => {
    const lines = render([{ run: run(UPLOADING), recipeState: null }], NOW + 2 * MINUTE, WIDE);
    expect(lines[0]).toBe("Run web-20261123-093012-k3f9q2: recipe web on mycloud");
    expect(lines[1]).toMatch(/^ {2}✓ prepare-source +ACTIVE → SHUTOFF +41 s$/);
    expect(lines[2]).toMatch(/^ {2}✓ create-image +web-20261123-k3f9q2 {2}image-new +2 s$/);
    expect(lines[3]).toMatch(/^ {2}● check-status +saving {2}1 min so far +deadline \d\d:\d\d$/);
    expect(lines).toHaveLength(4);
  });

  it("says how much of a copy Regild has sent", () => {
    const lines = render([{ run: run(SENDING), recipeState: null }], NOW + 2 * MINUTE, WIDE);
    expect(lines.at(-1)).toMatch(
      /^ {2}● distribute +az2: Regild sends the image {2}512\.0 MiB of 2\.0 GiB sent +deadline \d\d:\d\d$/,
    );
  });

  it("tells the small steps after the upload in one line", () => {
    const timeline = [
      event(50, "restore-source", "step", "source as it was found"),
      event(52, "validate-sync", "step", "usable"),
      event(55, "promote-image", "step", "current, the first of its recipe"),
      event(56, "retire-images", "step", "no old images to delete"),
      event(64, "clean-up-snapshots", "step", "succeeded"),
    ];
    const lines = render(
      [{ run: ended({ outcome: "succeeded", timeline }), recipeState: null }],
      NOW,
      WIDE,
    );
    expect(lines.at(-1)).toMatch(
      /✓ validate-sync · promote-image · retire-images · clean-up-snapshots +14 s$/,
    );
    expect(lines).toHaveLength(3);
  });

  it("keeps failure and undoing in their order", () => {
    const timeline = [
      event(1, "validate-sync", "step", "usable"),
      event(2, "promote-image", "failure", "Image image-new cannot be promoted: it is gone"),
      event(9, "abandon", "step", "failed"),
    ];
    const lines = render(
      [{ run: ended({ outcome: "failed", timeline }), recipeState: null }],
      NOW,
      WIDE,
    );
    expect(lines.slice(1).map((line) => line.slice(2, 24).trim())).toEqual([
      "✓ validate-sync",
      "✗ promote-image",
      "✓ abandon",
    ]);
  });

  it("says how long its server will be down, as long as that lies ahead", () => {
    const stopping = recipe({
      prepare: {
        stopServer: true,
        stopTimeoutMs: 10 * MINUTE,
        allowLive: false,
        waitForShutoffMs: null,
        restore: null,
        hook: null,
      },
    });
    const before = run({ recipe: stopping });
    const after = run({ ...before, stoppedAtMs: NOW, restoredAtMs: NOW + 8 * MINUTE });
    const known = recipeState({ uploadSeconds: [460, 480, 500] });
    const [headline] = render([{ run: before, recipeState: known }], NOW, WIDE);
    expect(headline).toContain("web-golden will be down about 8 min (3 earlier uploads)");
    expect(render([{ run: before, recipeState: recipeState() }], NOW, WIDE)[0]).not.toContain(
      "down",
    );
    expect(render([{ run: after, recipeState: known }], NOW, WIDE)[0]).not.toContain("down");
  });
});

describe("the bar of an upload", () => {
  it("goes by the median of the recipe's earlier uploads", () => {
    expect(uploadLine(240, [480, 1, 9999])).toContain("████████░░░░░░░░  about 4 min left");
    expect(uploadLine(0, [480])).toContain("░░░░░░░░░░░░░░░░  about 8 min left");
    expect(uploadLine(479.5, [480])).toContain("███████████████░  about 1 s left");
  });

  it("does not promise what is past", () => {
    expect(uploadLine(490, [480])).toContain("████████████████  any moment now");
    expect(uploadLine(900, [480])).toContain("████████████████  longer than the usual 8 min");
  });

  it("is not drawn for a recipe's first upload", () => {
    expect(uploadLine(240, [])).toContain("saving  4 min so far");
    expect(uploadLine(240, [])).not.toMatch(/[█░]/);
  });

  it("is not drawn in other steps", () => {
    const watched = {
      run: run({ ...UPLOADING, step: "restore-source" }),
      recipeState: recipeState({ uploadSeconds: [480] }),
    };
    expect(render([watched], NOW, WIDE).join("\n")).not.toMatch(/[█░]/);
  });
});

describe("several runs", () => {
  const failure = {
    code: "quota-exceeded",
    message: "Quota exceeded for resources: snapshots",
    remedy: "",
    step: "create-image" as const,
    atMs: NOW,
    evidence: [],
  };
  const runs = [
    run({ ...UPLOADING, recipeName: "web" }),
    ended({ recipeName: "runner", outcome: "succeeded", imageName: "runner-1.4.1" }),
    ended({ recipeName: "db", outcome: "failed", failure }),
    ended({ recipeName: "data", outcome: "joined", joinedRunId: "data-20261123-093000-aaaaaa" }),
  ].map((run) => ({ run, recipeState: recipeState({ uploadSeconds: [480] }) }));

  it("have one line each, below one another", () => {
    const lines = render(runs, NOW + 43 * SECOND, WIDE);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^ {2}● web {5}check-status {8}saving {2}░+ {2}about 8 min left +43 s$/,
    );
    expect(lines[1]).toMatch(/^ {2}✓ runner {2}succeeded {11}runner-1.4.1 +7 s$/);
    expect(lines[2]).toMatch(/^ {2}✗ db {6}failed {14}Quota exceeded for .* +7 s$/);
    expect(lines[3]).toMatch(/^ {2}– data {4}joined {14}data-20261123-093000-aaaaaa +7 s$/);
  });

  it.each([0, 1, 9, 20, 40, 80, 120])("are no wider than a terminal of %i columns", (width) => {
    for (const line of render(runs, NOW, width)) {
      expect(stringWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it("show what is cut off, and keep the time in sight", () => {
    expect(render(runs, NOW, 50)[2]).toMatch(/^ {2}✗ db {6}failed {14}Quota exc\S*… {2}7 s$/);
  });
});

describe("texts of clouds and people", () => {
  function lineOf(text: string, width: number): string {
    const timeline: TimelineEvent[] = [event(1, "prepare-source", "observation", text)];
    return render([{ run: run({ timeline }), recipeState: null }], NOW, width)[1] ?? "";
  }

  it("cannot steer the terminal", () => {
    expect(lineOf("\u001b[2Jgone\nnext\u0007", WIDE)).not.toMatch(/\p{Cc}/u);
  });

  it.each(["画像画像画像画像画像画像画像", "👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀"])(
    "take the width they take: %s",
    (text) => {
      for (const width of [44, 45])
        expect(stringWidth(lineOf(text, width))).toBeLessThanOrEqual(width);
    },
  );
});
