import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";

export class Death extends Error {}

/**
 * The store as a process sees it that dies at its n-th write (from 1), before or after the write takes place. From
 * then on every write fails.
 */
export function mortalStore(
  store: ObjectStore,
  death: { atWrite: number; moment: "before" | "after" },
): ObjectStore {
  let writes = 0;
  const write = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    writes += 1;
    const isLast = writes === death.atWrite;
    if (writes > death.atWrite || (isLast && death.moment === "before")) throw new Death();
    const result = await task();
    if (isLast) throw new Death();
    return result;
  };
  return {
    ...store,
    put: (key, content) => write(() => store.put(key, content)),
    putIfAbsent: (key, content) => write(() => store.putIfAbsent(key, content)),
    publish: (localPath, key) => write(() => store.publish(localPath, key)),
  };
}
