// The name that serverless.yml can name: its reader of variables knows .js, and Node reads the rest.
export { resources } from "./resources.ts";
