export interface ObjectEntry {
  key: string;
  size: number;
}

/**
 * One bucket: a flat map from keys to immutable-or-replaced byte strings.
 *
 * A key is one or more segments joined by `/`; a segment is not empty, `.` or `..`, and holds no control character
 * or backslash (`assertKey` checks it, so no key can leave the bucket). A missing key is a `DomainError` of kind
 * `not-found`, type `object-missing`. All writes are atomic and durable when the promise resolves: readers see the
 * whole old or the whole new object, also after power loss.
 */
export interface ObjectStore {
  /** A short name for messages; never a path. */
  readonly name: string;
  get(key: string): Promise<Uint8Array>;
  /** Bytes `offset … offset + length - 1`, fewer where the object ends before. */
  getRange(key: string, range: { offset: number; length: number }): Promise<Uint8Array>;
  size(key: string): Promise<number | undefined>;
  put(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Creates the object and says true, or leaves what is there and says false. Atomic among all processes. */
  putIfAbsent(key: string, content: Uint8Array): Promise<boolean>;
  /** All objects whose key begins with `prefix`, in ascending order of key. */
  list(prefix: string): AsyncIterable<ObjectEntry>;
  /**
   * Names of the folders directly below a prefix that ends with `/`, ascending, at the cost of those names alone. One
   * whose last object has gone may still be named.
   */
  listFolders(prefix: string): Promise<string[]>;
  /** Removes the object; a missing one is no error. */
  delete(key: string): Promise<void>;
  /** Removes every object under the prefix, which must end with `/`. */
  deletePrefix(prefix: string): Promise<void>;
  /** A new empty folder on a local disk, from which `publish` is cheap. The caller removes it if it does not publish. */
  scratch(): Promise<string>;
  /**
   * Places an object that never changes in a scratch folder, to be published with it under another key as well. Costs
   * no copy where the store can help it: a local disk gives the file a second name. Missing folders above it are made.
   */
  reuse(key: string, scratchPath: string): Promise<void>;
  /**
   * Moves a local file or folder tree (written by any engine, synced or not) to `key`: every file and folder is
   * synced first, so nothing can point at data that is not on disk. Refuses (`conflict`, `object-exists`) if a
   * different object is already there.
   */
  publish(localPath: string, key: string): Promise<void>;
  /** A local path at which the object (or the tree under a prefix) can be read by an engine. Never write to it. */
  materialize(key: string): Promise<string>;
}
