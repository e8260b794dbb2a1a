import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { ChangeLines } from "./change-lines.ts";
import { render } from "./render.ts";
import type { Watched } from "./watched.ts";

/** Shows runs while somebody waits for them. */
export interface Progress {
  /** Called as often as one likes, with the same runs each time. */
  update(runs: Watched[], nowMs: number): void;
  /** Leaves the last state standing. An update after it goes on below. */
  end(): void;
}

/** On a terminal lines that move; elsewhere a line for each change. */
export function openProgress(err: NodeJS.WriteStream): Progress {
  return err.isTTY && process.env["TERM"] !== "dumb" ? moving(err) : lineByLine(err);
}

/** Some terminals, of containers for one, say that they are 0 wide. */
const UNKNOWN_WIDTH = 80;

function moving(err: NodeJS.WriteStream): Progress {
  const show = createLogUpdate(err);
  return {
    update: (runs, nowMs) => {
      const lines = render(runs, nowMs, err.columns > 0 ? err.columns : UNKNOWN_WIDTH);
      show(lines.map((line) => coloured(line, err)).join("\n"));
    },
    end: () => show.done(),
  };
}

function lineByLine(err: NodeJS.WriteStream): Progress {
  const changes = new ChangeLines();
  return {
    update: (runs, nowMs) => {
      for (const line of changes.next(runs, nowMs)) err.write(`${line}\n`);
    },
    end: () => {},
  };
}

const COLOURS = { "✓": "green", "✗": "red", "●": "cyan" } as const;

/** Only the mark; no colour where NO_COLOR or the terminal asks for none. */
function coloured(line: string, stream: NodeJS.WriteStream): string {
  return line.replace(/^ {2}([✓✗●])/, (_, mark: keyof typeof COLOURS) => {
    return `  ${styleText(COLOURS[mark], mark, { stream })}`;
  });
}
