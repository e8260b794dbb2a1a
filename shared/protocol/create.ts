import { CloudError } from "../openstack/errors.ts";
import { isWatchedByName, maySend, resolvableAtMs } from "../run/intent.ts";
import type { Intent, IntentKind, Run } from "../run/record.ts";
import { LATE_STOP_MS, reckonedWithStop } from "../source/item.ts";
import { fenceAll } from "../image/fence.ts";
import { lateAttempts } from "../run/created-by-run.ts";
import { chooseImageId, needsTrial, NO_ID, noteAnswer, noteKeptId, tryOut } from "./chosen-ids.ts";
import { undoLateAnswer } from "./late-answer.ts";
import { fail, retryOrFail } from "./setback.ts";
import type { Intended, Program } from "./step.ts";
import { Overtaken, type Session } from "./session.ts";

/** Most creates of one kind without an answer and without a result before the run gives up. */
const MAX_UNANSWERED_ATTEMPTS = 3;

type Goes = Promise<"again" | "over">;

/** Announces a create or a stop in the record, sends it, then records the answer. */
export async function intend(
  session: Session,
  program: Program,
  { intent: kind, text, serverId = null, testZone = null, copyZone }: Intended & { text: string },
): Goes {
  const { deps, ctx, run } = session;
  const unanswered = run.unansweredAttempts.filter((t) =>
    isSameThing(t, { kind, testZone, copyZone }),
  );
  for (const lost of unanswered) {
    const found = await program.creations[lost.kind].find(ctx, run, lost);
    if (found === null) continue;
    session.record("answer", `${lost.name} has shown up after all`);
    await session.save({
      ...found,
      unansweredAttempts: run.unansweredAttempts.filter((t) => t !== lost),
    });
    return "again";
  }
  if (unanswered.length >= MAX_UNANSWERED_ATTEMPTS) {
    return fail(session, {
      code: "create-unanswered",
      message: `${MAX_UNANSWERED_ATTEMPTS} times in a row the cloud neither answered ${kind} nor shows its result`,
      remedy:
        "Give the request times to the cloud's operator. What still shows up in the next 24 h is deleted",
    });
  }
  if (await needsTrial(deps, run, kind)) {
    await tryOut(session, kind);
    return "again";
  }
  let chosen = await chooseImageId(deps, run, kind);
  // Written on the volume, not sent with the call: every worker has to write the same one.
  const isOnVolume = kind === "upload-image" && chosen.imageId !== null;
  if (isOnVolume && run.chosenImageId === null)
    await session.save({ chosenImageId: chosen.imageId });
  let send;
  try {
    const creation = program.creations[kind];
    send = await creation.ready(ctx, run, chosen.imageId);
    if (send === null) {
      chosen = NO_ID;
      send = await creation.ready(ctx, run, null);
    }
    if (send === null)
      throw new Error(`${kind} of ${run.id} is possible neither with an image id nor without`);
  } catch (error) {
    if (!(error instanceof CloudError) || !refusesId(chosen, error)) throw error;
    await session.save({ namesOnly: true });
    return "again";
  }
  if (chosen.imageId === null) await fenceAll(ctx, lateAttempts(run, deps.now()));
  const id = deps.ids.short();
  const intent: Intent = {
    kind,
    id,
    name: program.creationName(run, kind, id),
    atMs: deps.now(),
    answer: "open",
    ...chosen,
    serverId,
    testZone,
    ...(copyZone === undefined ? {} : { copyZone }),
  };
  session.record("intent", text);
  const creationNames =
    kind === "create-image" ? [...run.creationNames, intent.name] : run.creationNames;
  const unansweredAttempts =
    chosen.imageId === null ? run.unansweredAttempts.map(byName) : run.unansweredAttempts;
  const sweepAtMs = intent.isRepeatable ? undefined : resolvableAtMs(intent, deps.timing);
  await session.save({ intent, creationNames, unansweredAttempts }, sweepAtMs);
  if (!intent.isRepeatable && !maySend(intent, deps.now(), deps.timing)) return "over";
  try {
    return await accepted(session, intent, await send(intent));
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return intent.isRepeatable
      ? notYet(session, program, intent, error)
      : notAccepted(session, program, intent, error);
  }
}

/**
 * What an earlier create of the image has left unanswered is no test server, no copy of it, and no snapshot to put a disk
 * back to. A test server or copy of one zone is none of the next zone.
 */
function isSameThing(a: Sought, b: Sought): boolean {
  const apart: IntentKind[] = ["create-server", "save-disk", "copy-image", "copy-to-region"];
  if (a.kind === b.kind) return a.testZone === b.testZone && a.copyZone === b.copyZone;
  return !apart.includes(a.kind) && !apart.includes(b.kind);
}
type Sought = Pick<Intent, "kind" | "testZone"> & { copyZone?: string | undefined };

/**
 * Continues a create with a chosen image id: takes the image if it exists, or sends the same call again. However often
 * that happens, and from whichever worker, the cloud makes that one image or none.
 */
export async function repeat(session: Session, program: Program): Goes {
  const { ctx, run } = session;
  const { intent } = run;
  if (intent === null) return "again";
  const creation = program.creations[intent.kind];
  const found = await creation.find(ctx, run, intent);
  if (found !== null) return adopt(session, found);
  const send = await creation.ready(ctx, run, intent.imageId);
  if (send === null) return lostItsId(session, intent);
  if (
    isWatchedByName(run, intent.kind) &&
    !run.unansweredAttempts.some((t) => t.id === intent.id)
  ) {
    await session.save({ unansweredAttempts: [...run.unansweredAttempts, byName(intent)] });
  }
  try {
    return await accepted(session, intent, await send(intent));
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return notYet(session, program, intent, error);
  }
}

/**
 * Somebody has written another image id on the volume: what was sent so far is looked for once it can no longer come.
 */
async function lostItsId(session: Session, intent: Intent): Goes {
  const unknown: Intent = { ...byName(intent), atMs: session.deps.now(), answer: "unknown" };
  await session.saveAndSend({ intent: unknown }, resolvableAtMs(unknown, session.deps.timing));
  return "over";
}

/** Gives the open create up. Undoing the run uses its image id up. */
export async function giveUp(session: Session): Promise<void> {
  const { intent, unansweredAttempts } = session.run;
  if (intent === null) return;
  await session.save({ intent: null, unansweredAttempts: withTry(unansweredAttempts, intent) });
}

async function accepted(session: Session, intent: Intent, created: Partial<Run>): Goes {
  session.record("answer", "accepted");
  await afterSending(session, intent, created, () =>
    session.save({ ...created, intent: null, transientFailures: 0 }),
  );
  await noteAnswer(session, intent, created);
  return "again";
}

async function adopt(session: Session, found: Partial<Run>): Goes {
  session.record("answer", "accepted: the image with the id that was asked for is there");
  await session.save({ ...found, intent: null, transientFailures: 0 });
  return "again";
}

/** Without an answer, sends the same call again after a while. A refusal counts only if the image does not exist. */
async function notYet(session: Session, program: Program, intent: Intent, error: CloudError): Goes {
  const passes = error.kind !== "refused" || error.code === "busy";
  if (passes) return retryOrFail(session, error);
  const found = await program.creations[intent.kind].find(session.ctx, session.run, intent);
  if (found !== null) return adopt(session, found);
  session.record("answer", error.message);
  if (refusesId(intent, error)) await noteKeptId(session.deps, session.run, intent.kind, null);
  await session.save({
    intent: null,
    unansweredAttempts: withTry(session.run.unansweredAttempts, intent),
  });
  return retryOrFail(session, error);
}

async function notAccepted(
  session: Session,
  program: Program,
  intent: Intent,
  error: CloudError,
): Goes {
  if (error.kind === "unanswered") {
    session.record("answer", `answer unknown: ${error.message}`);
    const resolvableAt = resolvableAtMs(intent, session.deps.timing);
    await afterSending(session, intent, {}, () =>
      session.saveAndSend({ intent: { ...intent, answer: "unknown" } }, resolvableAt),
    );
    return "over";
  }
  session.record("answer", error.message);
  const { run, deps } = session;
  const { refused } = program.creations[intent.kind];
  if (error.kind === "refused" && refused !== undefined) {
    await session.save({ ...refused(run, error, deps.now()), intent: null, transientFailures: 0 });
    return "again";
  }
  const namesOnly = refusesId(intent, error);
  // Nova may have snapshotted the volumes before the id was refused, so the inventory looks for them by name.
  const unansweredAttempts =
    namesOnly && run.source?.volumeBacked === true
      ? withTry(run.unansweredAttempts, byName(intent))
      : run.unansweredAttempts;
  await session.save({ intent: null, namesOnly: run.namesOnly || namesOnly, unansweredAttempts });
  return namesOnly ? "again" : retryOrFail(session, error);
}

/** True if the cloud may have refused because of the id. The same call without one shows that. */
function refusesId({ imageId }: Pick<Intent, "imageId">, { code }: CloudError): boolean {
  return imageId !== null && (code === "invalid-request" || code === "forbidden");
}

function byName(intent: Intent): Intent {
  return { ...intent, imageId: null, isRepeatable: false };
}

function withTry(tries: Intent[], intent: Intent): Intent[] {
  return [...tries.filter((t) => t.id !== intent.id), intent];
}

/** Undoes the call of a worker that slept while another took the run over. */
async function afterSending(
  session: Session,
  intent: Intent,
  created: Partial<Run>,
  save: () => Promise<void>,
): Promise<void> {
  try {
    await save();
  } catch (error) {
    // The worker that took over has adopted the image with this id, or used the id up.
    const isKnown = intent.isRepeatable && created.candidate?.id === intent.imageId;
    if (error instanceof Overtaken && !isKnown) await undoLateAnswer(session, intent, created);
    throw error;
  }
}

/** Of what has no name to be found by. */
const RESOLVED: Partial<Record<IntentKind, string>> = {
  "stop-server": "resolved",
  "export-image": "no answer came: it is asked for again",
};

/** Looks for the attempt's result, because no worker can still be waiting for the answer. */
export async function resolveIntent(session: Session, program: Program): Promise<"again"> {
  const { run, ctx } = session;
  const intent = run.intent;
  if (intent === null) return "again";
  const found = await program.creations[intent.kind].find(ctx, run, intent);
  if (intent.kind === "stop-server") await reckonWithLateStop(session, intent);
  if (found !== null) {
    session.record("answer", RESOLVED[intent.kind] ?? "found by its name");
    await session.save({ ...found, intent: null });
    await noteAnswer(session, intent, found);
  } else {
    session.record("answer", `no answer came, and nothing is named ${intent.name}`);
    await session.save({ intent: null, unansweredAttempts: [...run.unansweredAttempts, intent] });
  }
  return "again";
}

/**
 * A delayed stop request can reach Nova after the server was started again, so the server is watched for
 * LATE_STOP_MS.
 */
async function reckonWithLateStop({ ctx, run, deps }: Session, intent: Intent): Promise<void> {
  if (run.source === null) return;
  const untilMs = deps.now() + LATE_STOP_MS;
  const serverId = intent.serverId ?? run.source.id;
  await ctx.changeSource(serverId, (s) => reckonedWithStop(s, untilMs));
}
