import type { Operation } from "../call.ts";
import { pageOf } from "../paging.ts";

/** The least of Neutron that a test boot needs: networks, by their exact names. */
export const neutronOperations: readonly Operation[] = [
  {
    method: "GET",
    path: "/v2.0/networks",
    name: "network.networks",
    run: (call) => {
      const { world } = call;
      const name = call.query.get("name");
      const found = world.networks.filter((network) => name === null || network.name === name);
      const body = pageOf(call, `${world.baseUrl}/network`, "networks", found, ({ id, name }) => ({
        id,
        name,
        status: "ACTIVE",
        shared: false,
      }));
      return { status: 200, body };
    },
  },
];
