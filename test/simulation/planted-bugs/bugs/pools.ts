import type { PlantedBug } from "../bug.ts";

/** Several servers have one volume. All of them are stopped for its image. */
export const POOL_BUGS: PlantedBug[] = [
  {
    name: "first-server-stopped-only",
    breaks: "The image of a volume is taken when one of its servers is stopped",
    withinSeeds: 20,
    only: "pool",
    rules: ["the image of a volume is taken while all its servers are stopped"],
    edits: [
      {
        file: "shared/steps/stop-servers.ts",
        find: "const decisions = servers.flatMap(",
        replace: "const decisions = servers.slice(0, 1).flatMap(",
      },
      {
        file: "shared/steps/create-image.ts",
        find: "|| users.some((user) => !isStill(user)))",
        replace: "|| (users.some((user) => !isStill(user)) && kind === null))",
      },
      {
        file: "shared/source/live-volume.ts",
        find: "return readsVolume(recipe) && (stopServer || !allowLive);",
        replace: "return readsVolume(recipe) && !stopServer && !allowLive;",
      },
    ],
  },
  {
    name: "guest-not-waited-for",
    breaks: "A guest that powers itself off is asked to stop all the same",
    withinSeeds: 20,
    only: "pool",
    rules: ["a guest that powers itself off is never asked to stop"],
    edits: [
      {
        file: "shared/steps/stop-servers.ts",
        find: "  if (waitForShutoffMs !== null)\n    return waitForGuest(",
        replace: "  if (waitForShutoffMs !== null && nowMs < 0)\n    return waitForGuest(",
      },
    ],
  },
  {
    name: "first-server-started-only",
    breaks: "That it is to run again is noted for the first server that has the volume only",
    withinSeeds: 20,
    only: "pool",
    rules: [
      "no server is stopped before the wish to have it run again is stored",
      "a server that we stopped is to be started until it runs",
      "servers run as they were found",
    ],
    edits: [
      {
        file: "shared/steps/stop-servers.ts",
        find: "if (!isWished && isStopped) return wishPower(server);",
        replace: "",
      },
      {
        file: "shared/steps/stop-servers.ts",
        find: "if (!isWished) return wishPower(server);",
        replace:
          "if (!isWished && (sourceOf(run).servers[0]?.id ?? server.id) === server.id) return wishPower(server);",
      },
    ],
  },
];
