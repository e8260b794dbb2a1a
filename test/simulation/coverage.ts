import { CALL_KINDS, type CallKind, type Fault, labelOf, labelsOn } from "./faults.ts";

/** Which function met which fault, how often; and which it could have met, by the calls it made. */
export class Coverage {
  private readonly calls = new Map<string, number>();
  private readonly faults = new Map<string, number>();

  offered(role: string, kind: CallKind): void {
    add(this.calls, `${role}\t${kind}`, 1);
  }

  met(role: string, fault: Fault): void {
    add(this.faults, `${role}\t${labelOf(fault)}`, 1);
  }

  /** For handing it from one thread to another. */
  counts(): { calls: Array<[string, number]>; faults: Array<[string, number]> } {
    return { calls: [...this.calls], faults: [...this.faults] };
  }

  merge({ calls, faults }: ReturnType<Coverage["counts"]>): void {
    for (const [key, count] of calls) add(this.calls, key, count);
    for (const [key, count] of faults) add(this.faults, key, count);
  }

  /** A row per function, a column per fault; null: no call of this function can meet it. */
  table(): { roles: string[]; labels: string[]; cells: Array<Array<number | null>> } {
    const roles = [
      ...new Set([...this.calls.keys()].map((key) => key.split("\t")[0] ?? "")),
    ].toSorted();
    const labels = [...new Set(CALL_KINDS.flatMap(labelsOn))];
    const cells = roles.map((role) => {
      const possible = new Set(
        CALL_KINDS.filter((kind) => this.calls.has(`${role}\t${kind}`)).flatMap(labelsOn),
      );
      return labels.map((label) =>
        possible.has(label) ? (this.faults.get(`${role}\t${label}`) ?? 0) : null,
      );
    });
    return { roles, labels, cells };
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
