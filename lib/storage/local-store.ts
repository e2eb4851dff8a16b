import { assertKey } from "./key.ts";
import { existingPath, openLocalBucket } from "./local-bucket.ts";
import { publishLocal, reuseLocal, scratchLocal } from "./local-publish.ts";
import { getLocal, getLocalRange, listLocal, listLocalFolders, sizeLocal } from "./local-read.ts";
import { deleteLocal, deleteLocalPrefix, putLocal, putLocalIfAbsent } from "./local-write.ts";
import { objectMissing } from "./object-errors.ts";
import type { ObjectStore } from "./object-store.ts";

export interface LocalStore extends ObjectStore {
  /** The bucket's folder, absolute and free of symbolic links. */
  readonly root: string;
}

/** A bucket in a local folder, which is created if it is missing. Any number of processes may share the folder. */
export async function openLocalStore(options: { name: string; root: string }): Promise<LocalStore> {
  const bucket = await openLocalBucket(options.name, options.root);
  return {
    name: bucket.name,
    root: bucket.root,
    get: (key) => getLocal(bucket, key),
    getRange: (key, range) => getLocalRange(bucket, key, range),
    size: (key) => sizeLocal(bucket, key),
    put: (key, content) => putLocal(bucket, key, content),
    putIfAbsent: (key, content) => putLocalIfAbsent(bucket, key, content),
    list: (prefix) => listLocal(bucket, prefix),
    listFolders: (prefix) => listLocalFolders(bucket, prefix),
    delete: (key) => deleteLocal(bucket, key),
    deletePrefix: (prefix) => deleteLocalPrefix(bucket, prefix),
    scratch: () => scratchLocal(bucket),
    reuse: (key, scratchPath) => reuseLocal(bucket, key, scratchPath),
    publish: (localPath, key) => publishLocal(bucket, localPath, key),
    materialize: async (key) => {
      const target = key.endsWith("/") ? key.slice(0, -1) : key;
      assertKey(target);
      const found = await existingPath(bucket, target);
      if (found === undefined) throw objectMissing(bucket.name, key);
      return found;
    },
  };
}
