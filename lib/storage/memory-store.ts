import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { hasCode } from "./error-code.ts";
import { assertFolderPrefix, assertKey, assertPrefix, compareKeys } from "./key.ts";
import { invalidRange, keyOverlap, objectExists, objectMissing, sourceMissing } from "./object-errors.ts";
import type { ObjectEntry, ObjectStore } from "./object-store.ts";
import { walkTree } from "./walk-tree.ts";

export interface MemoryStore extends ObjectStore {
  /** Removes the temporary folders behind `scratch` and `materialize`. */
  close(): Promise<void>;
}

interface MemoryBucket {
  name: string;
  objects: Map<string, Uint8Array>;
  /** Where engines read and write files; made when it is first needed. */
  folder: () => Promise<string>;
}

/** A bucket that lives as long as the process: for tests, and for what must not outlive a run. */
export function createMemoryStore(name: string): MemoryStore {
  let folder: Promise<string> | undefined;
  const bucket: MemoryBucket = {
    name,
    objects: new Map(),
    folder: () => {
      folder ??= mkdtemp(path.join(tmpdir(), "lakefleet-memory-")).then((created) => realpath(created));
      return folder;
    },
  };
  return {
    name,
    get: async (key) => Uint8Array.from(existing(bucket, key)),
    getRange: async (key, range) => rangeOf(existing(bucket, key), key, range),
    size: async (key) => {
      assertKey(key);
      return bucket.objects.get(key)?.length;
    },
    put: async (key, content) => {
      assertKey(key);
      const bytes = await collect(content);
      assertNoOverlap(bucket, key);
      bucket.objects.set(key, bytes);
    },
    putIfAbsent: async (key, content) => {
      assertKey(key);
      assertNoOverlap(bucket, key);
      if (bucket.objects.has(key)) return false;
      bucket.objects.set(key, Uint8Array.from(content));
      return true;
    },
    list: (prefix) => listMemory(bucket, prefix),
    listFolders: async (prefix) => foldersUnder(bucket, prefix),
    delete: async (key) => {
      assertKey(key);
      bucket.objects.delete(key);
    },
    deletePrefix: async (prefix) => {
      assertFolderPrefix(prefix);
      for (const key of keysUnder(bucket, prefix)) bucket.objects.delete(key);
    },
    scratch: () => newFolder(bucket, "scratch"),
    reuse: async (key, scratchPath) => {
      const bytes = existing(bucket, key);
      await mkdir(path.dirname(scratchPath), { recursive: true });
      await writeFile(scratchPath, bytes, { flag: "wx" });
    },
    publish: (localPath, key) => publishMemory(bucket, localPath, key),
    materialize: (key) => materializeMemory(bucket, key),
    close: async () => {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

function existing(bucket: MemoryBucket, key: string): Uint8Array {
  assertKey(key);
  const bytes = bucket.objects.get(key);
  if (bytes === undefined) throw objectMissing(bucket.name, key);
  return bytes;
}

function rangeOf(bytes: Uint8Array, key: string, range: { offset: number; length: number }): Uint8Array {
  const { offset, length } = range;
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalidRange(key);
  if (!Number.isSafeInteger(length) || length < 0) throw invalidRange(key);
  return bytes.slice(offset, Math.min(bytes.length, offset + length));
}

async function collect(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return Uint8Array.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  return Uint8Array.from(Buffer.concat(chunks));
}

async function* listMemory(bucket: MemoryBucket, prefix: string): AsyncIterable<ObjectEntry> {
  assertPrefix(prefix);
  for (const key of keysUnder(bucket, prefix)) {
    const size = bucket.objects.get(key)?.length;
    if (size !== undefined) yield { key, size };
  }
}

function foldersUnder(bucket: MemoryBucket, prefix: string): string[] {
  assertFolderPrefix(prefix);
  const names = new Set<string>();
  for (const key of keysUnder(bucket, prefix)) {
    const [name, ...deeper] = key.slice(prefix.length).split("/");
    if (name !== undefined && deeper.length > 0) names.add(name);
  }
  return [...names];
}

function keysUnder(bucket: MemoryBucket, prefix: string): string[] {
  return [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
}

function assertNoOverlap(bucket: MemoryBucket, key: string): void {
  const segments = key.split("/");
  const isBelowObject = segments.some(
    (_, index) => index > 0 && bucket.objects.has(segments.slice(0, index).join("/")),
  );
  const isFolder = bucket.objects.keys().some((other) => other.startsWith(`${key}/`));
  if (isBelowObject || isFolder) throw keyOverlap(bucket.name, key);
}

async function newFolder(bucket: MemoryBucket, kind: string): Promise<string> {
  const folder = path.join(await bucket.folder(), `${kind}-${randomUUID()}`);
  await mkdir(folder);
  return folder;
}

async function publishMemory(bucket: MemoryBucket, localPath: string, key: string): Promise<void> {
  assertKey(key);
  const files = await readTree(localPath, key);
  const present = [...keysUnder(bucket, `${key}/`), ...(bucket.objects.has(key) ? [key] : [])];
  if (present.length === 0) {
    assertNoOverlap(bucket, key);
    for (const [fileKey, bytes] of files) bucket.objects.set(fileKey, bytes);
  } else if (!isSame(bucket, present, files)) {
    throw objectExists(bucket.name, key);
  }
  await rm(localPath, { recursive: true, force: true });
}

async function readTree(localPath: string, key: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  try {
    for (const file of (await walkTree(localPath)).files) {
      const fileKey = file === "" ? key : `${key}/${file.split(path.sep).join("/")}`;
      files.set(fileKey, Uint8Array.from(await readFile(path.join(localPath, file))));
    }
  } catch (error) {
    throw hasCode(error, "ENOENT", "ENOTDIR") ? sourceMissing(localPath) : error;
  }
  return files;
}

function isSame(bucket: MemoryBucket, present: string[], files: Map<string, Uint8Array>): boolean {
  if (present.length !== files.size) return false;
  return present.every((key) => {
    const stored = bucket.objects.get(key);
    const offered = files.get(key);
    return stored !== undefined && offered !== undefined && Buffer.compare(stored, offered) === 0;
  });
}

/** A fresh copy every time, since objects may be replaced. */
async function materializeMemory(bucket: MemoryBucket, key: string): Promise<string> {
  const target = key.endsWith("/") ? key.slice(0, -1) : key;
  assertKey(target);
  const single = bucket.objects.has(target);
  const keys = single ? [target] : keysUnder(bucket, `${target}/`);
  if (keys.length === 0) throw objectMissing(bucket.name, key);
  const folder = await newFolder(bucket, "materialized");
  const top = path.join(folder, path.basename(target));
  for (const found of keys) {
    const file = single ? top : path.join(top, found.slice(target.length + 1));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, existing(bucket, found));
  }
  return top;
}
