import { ELSEWHERE } from "../../../local/simulated-cloud/hostile.ts";
import type { Item } from "../../../shared/ports.ts";
import { hidesUsers } from "../hostile.ts";
import type { Asked } from "./asked.ts";
import type { Case, Rule } from "./rule.ts";

/** DynamoDB refuses larger items, keys and attributes included. */
const MAX_RECORD_BYTES = 390_000;
/** Lambda stops a function after so long. A pause, a call and its repeats fit in after the last page. */
const MAX_LIST_MS = 300_000;
/** C0 and C1 controls, and marks that reorder text. */
/** Also as JSON writes it; a backslash that is text itself is written twice there. */
const STEERING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]|(?<!\\)(?:\\\\)*\\u00[01]/u;

/** What others write on the cloud leads to no wrong delete, no wrong address, no record that a store refuses. */
export class Strangers implements Rule {
  /** By token and path: when the list was begun whose pages are now asked for. */
  private readonly begunAtMs = new Map<string, number>();
  private readonly is: Case;

  constructor(is: Case) {
    this.is = is;
  }

  called({ path }: Asked): void {
    if (path.includes(ELSEWHERE)) this.is.broken("no id of a cloud leads elsewhere", path);
  }

  request(asked: Asked): void {
    if (asked.path.includes(ELSEWHERE))
      this.is.broken("no id of a cloud leads elsewhere", asked.path);
    if (asked.method === "GET") this.observe(asked);
    if (asked.kind !== "delete" || asked.of !== "snapshot") return;
    if (hidesUsers(this.is.cloud.settings.hostile))
      this.is.broken("no snapshot is deleted while something may name it unseen", asked.id);
  }

  private observe({ kind, token, path }: Asked): void {
    const { nowMs, strict } = this.is;
    const list = `${token} ${path}`;
    if (kind !== "page") this.begunAtMs.set(list, nowMs);
    else if (strict && nowMs - (this.begunAtMs.get(list) ?? nowMs) > MAX_LIST_MS)
      this.is.broken("a list without an end is given up in time", path);
  }

  item({ key, doc }: Item): void {
    const name = `${key.pk} ${key.sk}`;
    const bytes = Buffer.byteLength(doc);
    if (bytes > MAX_RECORD_BYTES)
      this.is.broken("a record fits into every store", `${name}: ${bytes} bytes`);
    if (STEERING.test(doc)) this.is.broken("no text of a cloud steers a terminal", name);
  }
}
