const PARAMETER = /^\/[\w./-]+$/;
const SECRET = /^secret:(?<name>[\w/+=.@-]+)$/;

/** Where a text that holds secrets is kept on AWS. */
export interface StoredPlace {
  service: "ssm" | "secretsmanager";
  name: string;
}

/**
 * `/regild/prod/clouds.yaml` is a parameter of Systems Manager, `secret:regild/prod/clouds.yaml` a secret of Secrets
 * Manager: as in its ARN.
 * @param file what is kept there: `clouds.yaml`, `senders.json`.
 * @throws Error
 */
export function storedPlace(text: string, file: string): StoredPlace {
  if (PARAMETER.test(text)) return { service: "ssm", name: text };
  const name = SECRET.exec(text)?.groups?.["name"];
  if (name !== undefined) return { service: "secretsmanager", name };
  throw new Error(
    `"${text}" is no place for ${file}: write /NAME of a parameter of Systems Manager, or secret:NAME of a secret of Secrets Manager`,
  );
}
