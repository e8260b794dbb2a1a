import type { App } from "../app.ts";
import type { ExitStatus } from "../exit-status.ts";

/** What a command does. `options` are its own, as commander read them. */
export type Work = (app: App, is: { args: string[]; options: unknown }) => Promise<ExitStatus>;

/** Makes commander's action of it. */
export type Action = (work: Work) => (...received: unknown[]) => Promise<void>;
