import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Leaves out what undici has beside the three that local/transport.ts takes: fetch, WebSocket, caches, mocks, all of which its
 * index loads at once. Defined, `esbuildDetection` leaves out its second parser, which is an experiment.
 */
export const undiciForRequests: Plugin = {
  name: "undici for requests",
  setup: (esbuild) => {
    esbuild.initialOptions.define = { ...esbuild.initialOptions.define, esbuildDetection: "true" };
    esbuild.onLoad({ filter: /\/undici\/index\.js$/ }, () => ({
      contents: `
        Object.assign(require("./lib/dispatcher/dispatcher").prototype, require("./lib/api"));
        exports.Agent = require("./lib/dispatcher/agent");
        exports.ProxyAgent = require("./lib/dispatcher/proxy-agent");
        exports.buildConnector = require("./lib/core/connect");`,
      resolveDir: resolve("node_modules/undici"),
    }));
  },
};
