import { readClouds } from "../../../shared/openstack/clouds-yaml.ts";
import {
  configFor,
  type CatalogService,
  type CloudConfig,
} from "../../../shared/openstack/config.ts";
import type { GeneratedFile } from "./generate.ts";

/** What Regild makes of the file, in the shape of openstacksdk's values; or why it refuses the entry. */
export function ourValues({ clouds, secure, cloud, region }: GeneratedFile) {
  const found = readClouds(
    {
      clouds: { path: "clouds.yaml", text: clouds },
      secure: secure === null ? null : { path: "secure.yaml", text: secure },
    },
    {},
  );
  const entry = found.clouds.get(cloud);
  const refusals = [...found.problems, ...(found.broken.get(cloud) ?? [])].map(
    ({ field, message }) => `${field} ${message}`,
  );
  return entry === undefined
    ? { refusals }
    : { values: valuesOf(configFor(entry, region), region) };
}

const USUAL_TYPES = {
  compute: "compute",
  volume: "block-storage",
  image: "image",
  network: "network",
  cbr: "cbr",
};

function valuesOf(config: CloudConfig, wished: string | null) {
  const region = wished ?? config.regionNames[0] ?? "";
  const service = (name: CatalogService) => ({
    interface: config.services[name]?.interfaces ?? config.interfaces,
    region: config.services[name]?.regionName ?? region,
    endpoint: config.endpointOverrides[name] ?? null,
    type: config.services[name]?.type ?? USUAL_TYPES[name],
    name: config.services[name]?.name ?? null,
  });
  const { tls, auth } = config;
  if (auth.kind !== "password") throw new Error("only passwords are generated");
  return {
    auth: {
      auth_url: config.authUrl,
      ...("id" in auth.user ? { user_id: auth.user.id } : { username: auth.user.name }),
      password: auth.password,
      ...("id" in auth.project
        ? { project_id: auth.project.id }
        : { project_name: auth.project.name }),
      ...domain("user", auth.user),
      ...domain("project", auth.project),
    },
    region,
    verify: tls.verify && tls.cacert !== null ? tls.cacert : tls.verify,
    cert: tls.cert !== null && tls.key !== null ? [tls.cert, tls.key] : tls.cert,
    services: { compute: service("compute"), volume: service("volume"), image: service("image") },
  };
}

type Named = { id: string } | { name: string; domain: { id: string } | { name: string } };

/** Without any, openstackclient takes the domain `default`, and openstacksdk says nothing. */
function domain(of: "user" | "project", named: Named): Record<string, string> {
  if ("id" in named) return {};
  if ("name" in named.domain) return { [`${of}_domain_name`]: named.domain.name };
  return named.domain.id === "default" ? {} : { [`${of}_domain_id`]: named.domain.id };
}
