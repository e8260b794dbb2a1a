const PARAMETER = /^\/[\w./-]+$/;
const SECRET = /^secret:(?<name>[\w/+=.@-]+)$/;

/** Where clouds.yaml is kept on AWS. */
export interface CloudsPlace {
  service: "ssm" | "secretsmanager";
  name: string;
}

/**
 * `/regild/prod/clouds.yaml` is a parameter of Systems Manager, `secret:regild/prod/clouds.yaml` a secret of Secrets
 * Manager: as in its ARN.
 * @throws Error
 */
export function cloudsPlace(text: string): CloudsPlace {
  if (PARAMETER.test(text)) return { service: "ssm", name: text };
  const name = SECRET.exec(text)?.groups?.["name"];
  if (name !== undefined) return { service: "secretsmanager", name };
  throw new Error(
    `"${text}" is no place for clouds.yaml: write /NAME of a parameter of Systems Manager, or secret:NAME of a secret of Secrets Manager`,
  );
}
