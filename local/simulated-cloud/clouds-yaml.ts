import type { SimulatedCloud } from "./cloud.ts";

/** The `clouds.yaml` for a simulated cloud: entry `name` in its first zone. */
export function cloudsYaml(cloud: SimulatedCloud, name: string): string {
  const { user, project } = cloud.demo;
  return `clouds:
  ${name}:
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
