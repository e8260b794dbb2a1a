import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { Output } from "../../local/cli/output.ts";

const TEXTS: Array<[string, string]> = [
  ["a terminal escape", "a\u001b[2Jb"],
  ["a C1 control sequence", "a\u009b2Jb"],
  ["an override of direction", "a\u202eb"],
  ["an isolate", "a\u2066b\u2069"],
];

function written(format: "table" | "json" | "jsonl", text: string): string {
  const stream = new PassThrough();
  const out = z.custom<NodeJS.WriteStream>().parse(stream);
  const output = new Output({ format, out, err: out, wantsColor: false });
  output.answer({ document: { schema: "regild/v1", message: text }, text: () => [text] });
  output.line({ message: text });
  output.hint(text);
  return z.instanceof(Buffer).parse(stream.read()).toString("utf8");
}

it.each(TEXTS)("%s reaches no terminal, by a table or by JSON", (_name, text) => {
  for (const format of ["table", "json", "jsonl"] as const) {
    const seen = written(format, text);
    expect(seen).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    for (const line of format === "json" ? [] : seen.split("\n").filter((l) => l.startsWith("{")))
      expect(z.object({ message: z.string() }).parse(JSON.parse(line)).message).not.toMatch(
        /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u,
      );
  }
});

it("JSON without such texts is as it was", () => {
  expect(written("json", "日本 👍 «x»")).toContain('"message": "日本 👍 «x»"');
});
