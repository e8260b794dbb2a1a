import type { SimulatedCloud } from "./cloud.ts";
import type { Caller } from "./identity-store.ts";

/**
 * The `clouds.yaml` for a simulated cloud: entry `name` in its first zone. Each other project has an entry of its own
 * name.
 */
export function cloudsYaml(cloud: SimulatedCloud, name: string): string {
  const others = cloud.world.identity.callers.filter((caller) => caller !== cloud.demo);
  return `clouds:
${entry(cloud, name, cloud.demo)}${others.map((caller) => entry(cloud, caller.project.name, caller)).join("")}`;
}

function entry(cloud: SimulatedCloud, name: string, { user, project }: Caller): string {
  return `  ${name}:
    auth:
      auth_url: ${cloud.authUrl}
      username: ${user.name}
      password: ${user.password}
      project_name: ${project.name}
      user_domain_name: Default
      project_domain_name: Default
    region_name: ${cloud.world.firstZone.name}
    identity_api_version: 3
`;
}
