import { createMemoryStore } from "./memory-store.ts";
import { describeObjectStore } from "./object-store.conformance.ts";

describeObjectStore("memory", async () => {
  const store = createMemoryStore("test");
  return { store, close: () => store.close() };
});
