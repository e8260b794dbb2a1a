import { describe, expect, it } from "vitest";
import { ownWiring } from "#functions";
import { handler as abandon } from "../../functions/abandon/handler.ts";
import { handler as checkStatus } from "../../functions/check-status/handler.ts";
import { handler as cleanUpSnapshots } from "../../functions/clean-up-snapshots/handler.ts";
import { handler as createImage } from "../../functions/create-image/handler.ts";
import { handler as distribute } from "../../functions/distribute/handler.ts";
import { handler as prepareSource } from "../../functions/prepare-source/handler.ts";
import { handler as promoteImage } from "../../functions/promote-image/handler.ts";
import { handler as restoreSource } from "../../functions/restore-source/handler.ts";
import { handler as retireImages } from "../../functions/retire-images/handler.ts";
import { handler as testBoot } from "../../functions/test-boot/handler.ts";
import { handler as validateSync } from "../../functions/validate-sync/handler.ts";
import type { Run } from "../../shared/run/record.ts";
import type { StepName } from "../../shared/run/step-names.ts";
import { NOW, PASSED, recipe, run, TEST_BOOT } from "../unit/builders.ts";
import { sqsSample } from "./installation.ts";
import { stage, type Stage } from "./stage.ts";

const handlers = {
  "prepare-source": prepareSource,
  "create-image": createImage,
  "check-status": checkStatus,
  "restore-source": restoreSource,
  distribute,
  "validate-sync": validateSync,
  "test-boot": testBoot,
  "promote-image": promoteImage,
  "retire-images": retireImages,
  "clean-up-snapshots": cleanUpSnapshots,
  abandon,
} satisfies Record<StepName, unknown>;

/** The run as its sample event finds it, and where it stands after the check. */
interface Case {
  step: StepName;
  is: (on: Stage) => Partial<Run>;
  image?: "candidate" | "current" | "deleting";
  becomes: StepName | "succeeded" | "failed";
}

const promoted = ({ made, image }: Stage) => ({
  candidate: made,
  promoted: true,
  replacedImageId: null,
  imageName: image.name,
});

const cases: Case[] = [
  {
    step: "prepare-source",
    is: () => ({ source: null, locked: false, seq: 0 }),
    becomes: "create-image",
  },
  { step: "create-image", is: () => ({}), becomes: "check-status" },
  {
    step: "check-status",
    is: ({ made }) => ({ candidate: made }),
    image: "candidate",
    becomes: "restore-source",
  },
  {
    step: "restore-source",
    is: ({ made }) => ({ candidate: made }),
    image: "candidate",
    becomes: "validate-sync",
  },
  {
    step: "validate-sync",
    is: ({ made }) => ({ candidate: made }),
    image: "candidate",
    becomes: "promote-image",
  },
  {
    step: "promote-image",
    is: ({ made }) => ({ candidate: made }),
    image: "candidate",
    becomes: "retire-images",
  },
  { step: "retire-images", is: promoted, image: "current", becomes: "clean-up-snapshots" },
  { step: "clean-up-snapshots", is: promoted, image: "current", becomes: "succeeded" },
  { step: "abandon", is: () => ({}), becomes: "failed" },
  {
    step: "test-boot",
    is: ({ made }) => ({
      candidate: made,
      recipe: recipe({ testBoot: TEST_BOOT }),
      tests: [PASSED],
    }),
    image: "candidate",
    becomes: "promote-image",
  },
  { step: "distribute", is: ({ made }) => ({ candidate: made }), becomes: "validate-sync" },
];

describe("a message for a run that is due", () => {
  it.each(cases)("takes it from $step to $becomes", async ({ step, is, image, becomes }) => {
    const scene = stage();
    const { on, web, recipeStateWith } = scene;
    const event = sqsSample(`${step}/run`);
    const before = step === "prepare-source" ? 1 : 3 + 2 * cases.findIndex((c) => c.step === step);
    on.putRun(web({ step, ...is(scene) }), before);
    if (image !== undefined) on.putRecipeState(recipeStateWith(image));

    expect(await on.call(handlers[step], event)).toEqual({ batchItemFailures: [] });

    const after = await on.run(run().id);
    expect(after.outcome ?? after.step).toBe(becomes);
    expect(after.failure).toBeNull();
    const { version } = await on.item({ pk: "R#web", sk: "run#20261123-093012-k3f9q2" });
    const request = { key: { pk: "R#web", sk: "run#20261123-093012-k3f9q2" }, version };
    expect(on.sent).toEqual(
      after.outcome === null
        ? [{ queue: becomes, request, delaySeconds: step === "create-image" ? 4 : 0 }]
        : [],
    );
  });

  it("belongs to each function that serverless.yml hangs on a queue of its own", () => {
    const wired = ownWiring().functions;
    const queues = wired.filter(({ queue }) => queue !== null).map(({ name }) => name);
    expect(queues.filter((name) => !["dead-letters", "notify"].includes(name)).toSorted()).toEqual(
      Object.keys(handlers).toSorted(),
    );
  });
});

describe("a message that came to another step's queue", () => {
  it("is worked on all the same: the record knows the step", async () => {
    const { on, web, made, recipeStateWith } = stage();
    on.putRun(web({ step: "check-status", candidate: made }), 7);
    on.putRecipeState(recipeStateWith("candidate"));
    await on.call(abandon, sqsSample("check-status/run"));
    expect((await on.run(run().id)).step).toBe("restore-source");
  });
});

describe("a message for work between runs", () => {
  it("of a recipe: its image marked for deletion is deleted, and gone at the next check", async () => {
    const { on, image, recipeStateWith } = stage();
    on.put({ pk: "R#web", sk: "head" }, { ...recipeStateWith("deleting"), activeRun: null }, 12);
    expect(await on.call(retireImages, sqsSample("retire-images/recipe"))).toEqual({
      batchItemFailures: [],
    });
    expect(on.cloud.world.firstZone.images.has(image.id)).toBe(false);
    expect((await on.recipeState("web")).images).toMatchObject([{ id: image.id, state: "gone" }]);
  });

  it("of a server: it is started again", async () => {
    const { on, server } = stage();
    const id = "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3";
    on.cloud.world.servers.set(id, { ...server, id, vmState: "stopped" });
    const item = {
      schema: 2,
      id,
      kind: "server",
      cloud: "mycloud",
      region: null,
      owner: null,
      wishedPower: "ACTIVE",
      reconcileAtMs: NOW,
    };
    on.put({ pk: `S#${id}`, sk: "lock" }, item, 4);
    await on.call(restoreSource, sqsSample("restore-source/server"));
    expect(on.requestsTo(/^POST .*\/action$/)).toHaveLength(1);
    on.nowMs += 10_000;
    on.cloud.settle();
    expect(on.cloud.world.servers.get(id)?.vmState).toBe("active");
  });
});
