import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Bundles the three parts of undici that local/transport.ts takes. Undici's index loads fetch, WebSocket, caches and mocks as
 * well. If `esbuildDetection` is defined, undici leaves out its second parser, which is an experiment.
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
