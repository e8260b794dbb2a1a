declare module "dynalite" {
  import type { Server } from "node:http";
  /** DynamoDB in this process, empty, and in memory. */
  export default function dynalite(options: { createTableMs: number }): Server;
}
