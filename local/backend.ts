import { AsyncLocalStorage } from "node:async_hooks";
import { readAlone } from "../shared/chat/shared-read.ts";
import type {
  Backend,
  CloudBackend,
  CommandBackend,
  RecipeBackend,
  ReportBackend,
  StoreBackend,
  WebhookBackend,
} from "../shared/lambda/backend.ts";

const current = new AsyncLocalStorage<Backend>();

/** The backend of the running function. */
function backend(): Backend {
  const found = current.getStore();
  if (found === undefined) throw new Error("a function was called outside a host");
  return found;
}

export async function storeBackend(): Promise<StoreBackend> {
  return backend();
}

export async function cloudBackend(): Promise<CloudBackend> {
  return backend();
}

/** Here every function has the key that signs. */
export async function promotionBackend(): Promise<CloudBackend> {
  return backend();
}

export async function recipeBackend(): Promise<RecipeBackend> {
  return backend();
}

export async function webhookBackend(): Promise<WebhookBackend> {
  const on = backend();
  return { ...on, recipes: () => on.recipes, installationId: async () => on.installationId };
}

export async function commandBackend(): Promise<CommandBackend> {
  const on = backend();
  const { sharedRead = readAlone } = on;
  const { recipes, installationId } = on;
  return { ...on, sharedRead, recipes: () => recipes, installationId: async () => installationId };
}

export async function reportBackend(): Promise<ReportBackend> {
  return backend();
}

/** Drops metrics: one machine has its log instead. */
export function measured<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** Per call chain, so that several hosts in one process, as in tests, stay apart. */
export function withBackend<T>(on: Backend, work: () => Promise<T>): Promise<T> {
  return current.run(on, work);
}
