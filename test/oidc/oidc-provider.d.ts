/** The part of oidc-provider that the tests use. It brings no types of its own. */
declare module "oidc-provider" {
  import type { RequestListener } from "node:http";

  interface Context {
    path: string;
    status: number;
    body: unknown;
  }

  export default class Provider {
    constructor(issuer: string, configuration: object);
    callback(): RequestListener;
    use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void;
  }
}
