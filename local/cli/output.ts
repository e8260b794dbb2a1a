import { steerless } from "../../shared/plain-text.ts";
import { SCHEMA } from "../view/schema-name.ts";
import { usageError } from "./command-error.ts";
import { csvLine } from "./csv.ts";
import type { Format } from "./output-format.ts";
import { harmless, paint, type Paint } from "./text/paint.ts";
import { chosen, type Sheet, sheetText, sheetValues } from "./text/sheet.ts";

/** What a command has to say: a document for programs, text for people. */
export interface Answer {
  document: object;
  /** With `-o jsonl`, one line each; without them the document is the one line. */
  lines?: object[];
  /** Of a list: its columns, for `-c`, `-o value` and `-o csv`. */
  sheet?: (paint: Paint) => Sheet;
  text: (paint: Paint, width: number) => string[];
}

/** Where the output is no terminal, or one that does not tell its width. */
const UNKNOWN_WIDTH = 80;

/** Results on stdout, in the format that was asked for; progress and hints on stderr. */
export class Output {
  readonly format: Format;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  private readonly wantsColor: boolean;
  private readonly columns: readonly string[];

  constructor(is: {
    format: Format;
    out: NodeJS.WriteStream;
    err: NodeJS.WriteStream;
    wantsColor: boolean;
    /** Of lists: the columns to show. None: all. */
    columns?: readonly string[];
  }) {
    this.format = is.format;
    this.out = is.out;
    this.err = is.err;
    this.wantsColor = is.wantsColor;
    this.columns = is.columns ?? [];
  }

  answer({ document, lines, sheet, text }: Answer): void {
    const isJson = this.format === "json" || this.format === "jsonl";
    if (isJson && this.columns.length > 0) {
      throw usageError(
        `-c chooses columns of table, value and csv, not of ${this.format}`,
        `Leave -c out and choose fields with jq, or write -o csv`,
      );
    }
    if (!isJson && sheet === undefined && (this.format !== "table" || this.columns.length > 0)) {
      throw usageError("This answer has no columns", "Leave -c out, or write -o json");
    }
    switch (this.format) {
      case "json":
        this.out.write(`${JSON.stringify(document, harmlessText, 2)}\n`);
        return;
      case "jsonl":
        if (lines === undefined) this.out.write(`${JSON.stringify(document, harmlessText)}\n`);
        else for (const line of lines) this.line(line);
        return;
      case "table":
        this.table(text, sheet);
        return;
      case "value":
      case "csv":
        if (sheet !== undefined) this.values(sheet);
    }
  }

  private table(text: Answer["text"], sheet: Answer["sheet"]): void {
    const colours = paint(this.wantsColor && this.out.isTTY);
    const width = this.width();
    const isChosen = sheet !== undefined && this.columns.length > 0;
    write(
      this.out,
      isChosen ? sheetText(chosen(sheet(colours), this.columns), width) : text(colours, width),
    );
  }

  private values(sheet: NonNullable<Answer["sheet"]>): void {
    const shown = chosen(sheet(paint(false)), this.columns);
    const rows = sheetValues(shown);
    write(
      this.out,
      this.format === "value"
        ? rows.map((row) => row.join(" "))
        : [csvLine(shown.columns.map(({ name }) => name)), ...rows.map(csvLine)],
    );
  }

  /** COLUMNS goes first, as it does for other programs of the shell. */
  private width(): number {
    const asked = Number(process.env["COLUMNS"] ?? "");
    if (Number.isInteger(asked) && asked > 0) return asked;
    return this.out.isTTY && this.out.columns > 0 ? this.out.columns : UNKNOWN_WIDTH;
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

/** The output of this process. @param columns of a list: those to show. Empty: all. */
export function outputOf(format: Format, wantsColor = false, columns: string[] = []): Output {
  const color = wantsColor && !process.env["NO_COLOR"];
  return new Output({
    format,
    out: process.stdout,
    err: process.stderr,
    wantsColor: color,
    columns,
  });
}
