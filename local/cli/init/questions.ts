import { createInterface } from "node:readline/promises";
import { harmless } from "../text/paint.ts";

/** Ctrl-C, or the input has ended. */
export class Unanswered extends Error {}

export interface Questions extends Disposable {
  /** @param problemOf continues a sentence that begins with the answer; null: it is good. */
  text(
    question: string,
    is: { preset: string; problemOf: (answer: string) => string | null },
  ): Promise<string>;
  choice(question: string, choices: readonly string[]): Promise<number>;
}

/** Asks on a terminal, one question after the other. Every answer is asked for again until it is good. */
export function openQuestions(streams: {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
}): Questions {
  const lines = createInterface(streams);
  const closed = new AbortController();
  lines.on("SIGINT", () => closed.abort());
  lines.on("close", () => closed.abort());
  const say = (line: string): void => void streams.output.write(`${harmless(line)}\n`);
  const line = async (question: string): Promise<string> => {
    try {
      const answer = await lines.question(harmless(question), { signal: closed.signal });
      return answer.trim();
    } catch (error) {
      if (!closed.signal.aborted) throw error;
      say("");
      throw new Unanswered();
    }
  };
  return {
    text: async (question, { preset, problemOf }) => {
      for (;;) {
        const shown = preset === "" ? "" : ` [${preset}]`;
        const answer = (await line(`${question}${shown}: `)) || preset;
        const problem = problemOf(answer);
        if (problem === null) return answer;
        say(`  ${JSON.stringify(answer)} ${problem}`);
      }
    },
    choice: async (question, choices) => {
      for (const [index, choice] of choices.entries()) say(`  ${index + 1}  ${choice}`);
      for (;;) {
        const number = Number(await line(`${question} (1–${choices.length}): `));
        if (Number.isInteger(number) && number >= 1 && number <= choices.length) return number - 1;
        say("  Write the number in front of one of them");
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
