import { steerless } from "../../shared/plain-text.ts";
import { SCHEMA } from "../view/document.ts";
import { harmless, paint, type Paint } from "./text/paint.ts";

export const FORMATS = ["table", "json", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

/** What a command has to say: a document for programs, text for people. */
export interface Answer {
  document: object;
  /** With `-o jsonl`, one line each; without them the document is the one line. */
  lines?: object[];
  text: (paint: Paint) => string[];
}

/** Results on stdout, in the format that was asked for; progress and hints on stderr. */
export class Output {
  readonly format: Format;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  private readonly wantsColor: boolean;

  constructor(is: {
    format: Format;
    out: NodeJS.WriteStream;
    err: NodeJS.WriteStream;
    wantsColor: boolean;
  }) {
    this.format = is.format;
    this.out = is.out;
    this.err = is.err;
    this.wantsColor = is.wantsColor;
  }

  answer({ document, lines, text }: Answer): void {
    switch (this.format) {
      case "json":
        this.out.write(`${JSON.stringify(document, harmlessText, 2)}\n`);
        return;
      case "jsonl":
        if (lines === undefined) this.out.write(`${JSON.stringify(document, harmlessText)}\n`);
        else for (const line of lines) this.line(line);
        return;
      case "table":
        write(this.out, text(paint(this.wantsColor && this.out.isTTY)));
    }
  }

  /** One line of JSON, whatever it belongs to. */
  line(fields: object): void {
    this.out.write(`${JSON.stringify({ schema: SCHEMA, ...fields }, harmlessText)}\n`);
  }

  hint(...lines: string[]): void {
    write(this.err, lines);
  }
}

/** Programs show these texts to people as they are. */
function harmlessText(_key: string, value: unknown): unknown {
  return typeof value === "string" ? steerless(value) : value;
}

function write(stream: NodeJS.WriteStream, lines: string[]): void {
  if (lines.length > 0) stream.write(`${harmless(lines.join("\n"))}\n`);
}
