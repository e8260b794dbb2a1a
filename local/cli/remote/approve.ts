import { runDocument } from "../../view/run-report.ts";
import type { App } from "../app.ts";
import { confirm } from "../confirm.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { comparisonText } from "../text/approval.ts";
import type { Remote } from "./remote.ts";
import { runThere, watchThere } from "./watch.ts";

/** `regild approve` and `regild reject` on another host. */
export async function answerThere(
  app: App,
  remote: Remote,
  name: string,
  is: {
    kind: "approved" | "rejected";
    reason: string | null;
    yes: boolean;
    wait: boolean;
    timeout: number | null;
  },
): Promise<ExitStatus> {
  const { id, recipe, approval, image } = await runThere(remote, name);
  if (approval?.state === "waiting") {
    app.output.hint(...comparisonText(approval, image?.name ?? "", app.now()));
    const verb = is.kind === "approved" ? "Make it the current image" : "Delete it";
    if (!is.yes) await confirm(app, `${verb}, for ${recipe}?`);
  }
  const what = is.kind === "approved" ? "approve" : "reject";
  const path = `/v1/runs/${encodeURIComponent(id)}/${what}`;
  const { document } = await remote.post(path, { reason: is.reason }, runDocument);
  if (!is.wait) {
    app.output.answer({
      document,
      text: () => [`Run ${id} is ${is.kind}. How it stands: regild status ${id}`],
    });
    return EXIT.done;
  }
  const status = await watchThere(app, remote, [id], { timeoutMs: is.timeout, isList: false });
  return is.kind === "rejected" && status === EXIT.runFailed ? EXIT.done : status;
}
