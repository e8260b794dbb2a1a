import type { Item, ReconcileRequest } from "../../../shared/ports.ts";
import type { Case, Rule } from "./rule.ts";

/** What every token of the simulated cloud, as every Fernet token, begins with. */
const TOKEN = "gAAAAA";

/** No password and no token in a record, a message, a log line or a trace. */
export class Secrets implements Rule {
  private readonly is: Case;
  private readonly passwords: string[];
  private readonly texts: () => Iterable<string>;

  /** @param texts log lines and traces. */
  constructor(is: Case, passwords: string[], texts: () => Iterable<string>) {
    this.is = is;
    this.passwords = passwords;
    this.texts = texts;
  }

  item(item: Item): void {
    this.read(item.doc, `record ${item.key.pk} ${item.key.sk}`);
  }

  sent(queue: string, request: ReconcileRequest): void {
    this.read(`${queue} ${request.key.pk} ${request.key.sk}`, "a message");
  }

  end(): void {
    for (const text of this.texts()) this.read(text, `the line ${text.slice(0, 60)}`);
  }

  private read(text: string, where: string): void {
    if (text.includes(TOKEN)) this.is.broken("no secret in a record, message or line", where);
    for (const password of this.passwords) {
      if (text.includes(password)) this.is.broken("no secret in a record, message or line", where);
    }
  }
}
