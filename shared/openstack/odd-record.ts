import { CloudError } from "./errors.ts";

/**
 * A record of ours, if every field that decides could be read. A field that is odd now may be right at the next check:
 * the deadline of the run ends the wait.
 * @throws CloudError transient
 */
export function readDecisive<T extends { id: string; oddFields: string[] }>(
  kind: "image" | "server" | "volume" | "snapshot",
  record: T | null,
  decisive: readonly string[],
): T | null {
  const odd = record?.oddFields.find((field) => decisive.includes(field));
  if (record === null || odd === undefined) return record;
  throw new CloudError(
    `${kind} ${record.id}: the cloud shows its ${odd} in a form that cannot be read. Ask the cloud's operator: openstack ${kind === "snapshot" ? "volume snapshot" : kind} show ${record.id}`,
    { kind: "transient" },
  );
}
