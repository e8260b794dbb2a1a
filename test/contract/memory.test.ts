import { MemoryStore } from "../memory/store.ts";
import { describeStore } from "./store.contract.ts";

describeStore("the store in memory, which the simulation runs on", async () => {
  const store = new MemoryStore();
  return { store, other: store, close: async () => {} };
});
