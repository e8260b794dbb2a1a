import { createInterface } from "node:readline/promises";

/**
 * Asks for one of these answers, by its first letter.
 * @returns null: Ctrl-C, or the input has ended.
 */
export async function ask<Answer extends string>(
  streams: { input: NodeJS.ReadStream; output: NodeJS.WriteStream },
  question: string,
  answers: readonly Answer[],
): Promise<Answer | null> {
  const closed = new AbortController();
  const lines = createInterface(streams);
  lines.on("SIGINT", () => closed.abort());
  lines.on("close", () => closed.abort());
  try {
    for (;;) {
      const line = await lines.question(`${question} `, { signal: closed.signal });
      const letter = line.trim().toLowerCase()[0];
      const answer = answers.find((known) => known[0] === letter);
      if (answer !== undefined) return answer;
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error;
    streams.output.write("\n");
    return null;
  } finally {
    lines.close();
  }
}
