import { describe, expect, it } from "vitest";
import { cleared, decideRestore } from "../../../shared/source/restore.ts";
import { NOW, server, sourceItem } from "../builders.ts";

const wished = sourceItem({ wishedPower: "ACTIVE" });

describe("a server that is wished to run", () => {
  it.each([
    [
      "is started when SHUTOFF",
      server({ status: "SHUTOFF" }),
      { kind: "start", serverId: "server-1" },
    ],
    [
      "has its wish fulfilled when ACTIVE",
      server(),
      { kind: "clear", serverId: "server-1", deleted: false, wishedAtMs: NOW },
    ],
    [
      "has its wish void when deleted",
      null,
      { kind: "clear", serverId: "server-1", deleted: true, wishedAtMs: NOW },
    ],
    [
      "is waited for while a task is running, also when it is ACTIVE: it may be about to stop",
      server({ taskState: "powering-off" }),
      { kind: "wait", text: "web-golden ACTIVE, powering-off" },
    ],
    [
      "is waited for while its upload bars the start",
      server({ status: "SHUTOFF", taskState: "image_uploading" }),
      { kind: "wait", text: "web-golden SHUTOFF, image_uploading" },
    ],
    [
      "is waited for in a status of its own, by its name",
      server({ status: "RESCUE" }),
      { kind: "wait", text: "web-golden RESCUE" },
    ],
    [
      "is stuck in ERROR, with the cloud's reason",
      server({ status: "ERROR", faultMessage: "No valid host" }),
      { kind: "stuck", serverId: "server-1", text: "web-golden is in ERROR: No valid host" },
    ],
  ])("%s", (_rule, seen, restoring) => {
    expect(decideRestore(wished, seen)).toEqual(restoring);
  });

  it("is left alone when nobody wishes it to run: found SHUTOFF, left SHUTOFF", () => {
    const stopped = server({ status: "SHUTOFF" });
    expect(decideRestore(sourceItem(), stopped)).toEqual({ kind: "done" });
    expect(decideRestore(null, stopped)).toEqual({ kind: "done" });
  });
});

it("a deleted server is not said to run again", () => {
  expect(cleared({ deleted: false }, NOW).set).toEqual({ restoredAtMs: NOW });
  expect(cleared({ deleted: true }, NOW)).toEqual({
    text: "the server was deleted meanwhile",
    set: {},
  });
});
