import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { errorOf } from "../../shared/protocol/error-text.ts";
import { noteTrouble, troubleOf } from "../../shared/protocol/trouble.ts";
import { runKey } from "../../shared/run/run-id.ts";
import { run } from "../unit/builders.ts";
import { Installation } from "./installation.ts";

const request = (version: number) => ({ key: runKey(run().id), version });

describe("the error of a check", () => {
  it("is told by its name and message, in one line of bounded length", () => {
    const { name, message } = errorOf(new RangeError(`a\n  b${"c".repeat(5000)}`));
    expect([name, message.slice(0, 4), message.length]).toEqual(["RangeError", "a bc", 1000]);
  });

  it("holds nothing of what caused it", () => {
    const error = new Error("sign-in failed", { cause: new Error("password hunter2") });
    expect(JSON.stringify(errorOf(error))).not.toContain("hunter2");
  });

  it("names the field, when zod has found it", () => {
    const { error } = z.object({ a: z.object({ b: z.string() }) }).safeParse({ a: { b: 1 } });
    expect(errorOf(error)).toEqual({
      name: "ZodError",
      message: "a.b: Invalid input: expected string, received number",
    });
  });

  it("is kept beside the record, whose version it leaves alone", async () => {
    const on = new Installation();
    on.putRun(run(), 7);
    await noteTrouble(on.backend, request(7), new Error("boom"));
    expect((await on.item(request(7).key)).version).toBe(7);
    expect(await troubleOf(on.store, request(7))).toMatchObject({ error: { message: "boom" } });
  });

  it("of an older version does not take the place of a newer one's", async () => {
    const on = new Installation();
    await noteTrouble(on.backend, request(8), new Error("new"));
    await noteTrouble(on.backend, request(7), new Error("old"));
    expect(await troubleOf(on.store, request(8))).toMatchObject({ error: { message: "new" } });
    expect(await troubleOf(on.store, request(7))).toBeNull();
  });

  it("that the store does not take is in the log, and harms nothing", async () => {
    const on = new Installation();
    on.store.commit = () => Promise.reject(new Error("throttled"));
    await noteTrouble(on.backend, request(7), new Error("boom"));
    expect(on.logged.join()).toContain("throttled");
  });
});
