import type { Regild } from "../regild.ts";
import type { UploadKnobs } from "../operator.ts";
import type { Scene, Stage } from "../stage.ts";
import { untilStatus } from "../support.ts";

/** Starts a run with uploads at this pace, and comes back in the middle of its upload. */
export async function startUpload(
  stage: Stage,
  scene: Scene,
  regild: Regild,
  knobs: UploadKnobs,
): Promise<{ runId: string; imageId: string }> {
  return stage.uploads.during(knobs, async () => {
    const runId = await regild.start();
    const { candidate } = await regild.runWhen(runId, "an image", (run) => run.candidate !== null);
    const imageId = candidate?.id ?? "";
    await untilStatus(scene.cloud, "image", imageId, "saving");
    return { runId, imageId };
  });
}
