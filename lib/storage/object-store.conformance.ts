import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ObjectStore } from "./object-store.ts";

export interface OpenedStore {
  store: ObjectStore;
  close: () => Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** What every object store must do; each adapter's own test file runs it. */
export function describeObjectStore(adapter: string, open: () => Promise<OpenedStore>): void {
  describe(`the ${adapter} object store`, () => {
    let opened: OpenedStore;
    const store = () => opened.store;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    describeObjects(store);
    describeCreation(store);
    describeReading(store);
    describeListing(store);
    describePublishing(store);
    describeRefusedPublishing(store);
    describeKeys(store);
  });
}

async function keys(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map((entry) => entry.key);
}

async function writeTree(store: ObjectStore, files: Record<string, string>): Promise<string> {
  const folder = await store.scratch();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

function describeObjects(store: () => ObjectStore): void {
  test("an object is read as it was put, and replaced by the next put", async () => {
    await store().put("a/b.txt", bytes("one"));
    await store().put("a/b.txt", bytes("three"));
    expect(text(await store().get("a/b.txt"))).toBe("three");
    expect(await store().size("a/b.txt")).toBe(5);
  });

  test("an empty object exists", async () => {
    await store().put("empty", new Uint8Array());
    expect(await store().size("empty")).toBe(0);
    expect((await store().get("empty")).length).toBe(0);
  });

  test("a streamed put joins its chunks", async () => {
    const chunks = async function* () {
      yield bytes("first ");
      yield new Uint8Array(200_000).fill(46);
      yield bytes(" last");
    };
    await store().put("streamed", chunks());
    const content = text(await store().get("streamed"));
    expect(content.length).toBe(200_011);
    expect(content.startsWith("first .")).toBe(true);
    expect(content.endsWith(". last")).toBe(true);
  });

  test("a stream that fails leaves the old object in place", async () => {
    await store().put("kept", bytes("old"));
    const broken = async function* () {
      yield bytes("half of the n");
      throw new Error("the sender went away");
    };
    await expect(store().put("kept", broken())).rejects.toThrow("the sender went away");
    expect(text(await store().get("kept"))).toBe("old");
    expect(await keys(store(), "")).toEqual(["kept"]);
  });

  test("the caller's bytes can change after a put without changing the object", async () => {
    const content = bytes("as it was");
    await store().put("copy", content);
    content.fill(0);
    expect(text(await store().get("copy"))).toBe("as it was");
  });
}

function describeCreation(store: () => ObjectStore): void {
  test("put-if-absent creates once and never replaces", async () => {
    expect(await store().putIfAbsent("n/1", bytes("first"))).toBe(true);
    expect(await store().putIfAbsent("n/1", bytes("second"))).toBe(false);
    expect(text(await store().get("n/1"))).toBe("first");
  });

  test("of many put-if-absent at once exactly one wins, and its content is what is read", async () => {
    const writers = Array.from({ length: 20 }, (_, index) => index);
    const outcomes = await Promise.all(
      writers.map((writer) => store().putIfAbsent("race/1", bytes(`${writer}`))),
    );
    const winners = writers.filter((writer) => outcomes[writer]);
    expect(winners).toHaveLength(1);
    expect(text(await store().get("race/1"))).toBe(`${winners[0]}`);
  });
}

function describeReading(store: () => ObjectStore): void {
  test("a range is cut where the object ends", async () => {
    await store().put("digits", bytes("0123456789"));
    const range = async (offset: number, length: number) =>
      text(await store().getRange("digits", { offset, length }));
    expect(await range(0, 3)).toBe("012");
    expect(await range(7, 3)).toBe("789");
    expect(await range(7, 30)).toBe("789");
    expect(await range(10, 1)).toBe("");
    expect(await range(50, 1)).toBe("");
    expect(await range(4, 0)).toBe("");
  });

  test.each([
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
  ])("a range of offset %d and length %d is refused", async (offset, length) => {
    await store().put("digits", bytes("0123456789"));
    await expect(store().getRange("digits", { offset, length })).rejects.toMatchObject({
      kind: "invalid",
      type: "object-range",
    });
  });

  test("a missing object is named as missing", async () => {
    const missing = { kind: "not-found", type: "object-missing" };
    await expect(store().get("no/such")).rejects.toMatchObject(missing);
    await expect(store().getRange("no/such", { offset: 0, length: 1 })).rejects.toMatchObject(missing);
    await expect(store().materialize("no/such")).rejects.toMatchObject(missing);
    expect(await store().size("no/such")).toBeUndefined();
  });

  test("a folder is no object", async () => {
    await store().put("folder/object", bytes("x"));
    await expect(store().get("folder")).rejects.toMatchObject({ type: "object-missing" });
    expect(await store().size("folder")).toBeUndefined();
    await store().delete("folder");
    expect(await keys(store(), "")).toEqual(["folder/object"]);
  });

  test("a key cannot be an object and a folder at once", async () => {
    await store().put("both/below", bytes("x"));
    await store().put("single", bytes("x"));
    const overlap = { kind: "conflict", type: "object-overlap" };
    await expect(store().put("both", bytes("y"))).rejects.toMatchObject(overlap);
    await expect(store().putIfAbsent("both", bytes("y"))).rejects.toMatchObject(overlap);
    await expect(store().put("single/below", bytes("y"))).rejects.toMatchObject(overlap);
    await expect(store().putIfAbsent("single/below/deep", bytes("y"))).rejects.toMatchObject(overlap);
    expect(await keys(store(), "")).toEqual(["both/below", "single"]);
  });

  test("a deleted object is gone, and deleting it again is no error", async () => {
    await store().put("x/1", bytes("x"));
    await store().delete("x/1");
    await store().delete("x/1");
    expect(await store().size("x/1")).toBeUndefined();
  });
}

function describeListing(store: () => ObjectStore): void {
  test("a listing is in ascending order of the keys' UTF-8 bytes, with sizes", async () => {
    const names = ["b", "a/b", "a.txt", "a/a/z", "a0", "ä", "\u{1F600}", "\u{FF5E}", "B"];
    for (const [index, name] of names.entries()) await store().put(name, new Uint8Array(index));
    const listed = await Array.fromAsync(store().list(""));
    const expected = [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(listed.map((entry) => entry.key)).toEqual(expected);
    for (const { key, size } of listed) expect(size).toBe(names.indexOf(key));
  });

  test("a prefix may end within a name, at a slash, or name nothing", async () => {
    for (const key of ["p/one", "p/other", "p/two/x", "pq"]) await store().put(key, bytes("x"));
    expect(await keys(store(), "p/o")).toEqual(["p/one", "p/other"]);
    expect(await keys(store(), "p/")).toEqual(["p/one", "p/other", "p/two/x"]);
    expect(await keys(store(), "p")).toEqual(["p/one", "p/other", "p/two/x", "pq"]);
    expect(await keys(store(), "p/two")).toEqual(["p/two/x"]);
    expect(await keys(store(), "nothing/")).toEqual([]);
    expect(await keys(store(), "p/one/")).toEqual([]);
  });

  test("more objects than one block of a listing are all listed, once", async () => {
    const names = Array.from({ length: 150 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
    await Promise.all(names.map((name) => store().put(name, bytes("x"))));
    expect(await keys(store(), "many/")).toEqual(names);
  });

  test("deleting a prefix removes everything below that folder and nothing beside it", async () => {
    for (const key of ["d/one", "d/deep/two", "da", "d.x"]) await store().put(key, bytes("x"));
    await store().deletePrefix("d/");
    await store().deletePrefix("d/");
    expect(await keys(store(), "")).toEqual(["d.x", "da"]);
    await store().put("d/again", bytes("x"));
    expect(await keys(store(), "d/")).toEqual(["d/again"]);
  });

  test.each(["", "d", "/", "../", "d//"])("deleting the prefix %j is refused", async (prefix) => {
    await store().put("d/one", bytes("x"));
    await expect(store().deletePrefix(prefix)).rejects.toMatchObject({ kind: "invalid", type: "object-key" });
    expect(await keys(store(), "")).toEqual(["d/one"]);
  });
}

function describePublishing(store: () => ObjectStore): void {
  test("the folders directly below a prefix are named once each, objects and deeper folders are not", async () => {
    for (const key of ["a/b/1", "a/b/2", "a/c/d/3", "a/4", "ab/5"]) await store().put(key, new Uint8Array(1));
    expect(await store().listFolders("a/")).toEqual(["b", "c"]);
    expect(await store().listFolders("none/")).toEqual([]);
    await expect(store().listFolders("a")).rejects.toMatchObject({ kind: "invalid" });
  });

  test("scratch gives a new empty folder each time, which no listing shows", async () => {
    const [first, second] = [await store().scratch(), await store().scratch()];
    expect(first).not.toBe(second);
    expect(await readdir(first)).toEqual([]);
    await writeFile(path.join(first, "unfinished"), "x");
    expect(await keys(store(), "")).toEqual([]);
  });

  test("a published folder can be listed, read and materialized, and its source is gone", async () => {
    const folder = await writeTree(store(), { "manifest.json": "{}", "data/part-1": "one" });
    await store().publish(folder, "indexes/x/1");
    expect(existsSync(folder)).toBe(false);
    expect(await keys(store(), "indexes/")).toEqual(["indexes/x/1/data/part-1", "indexes/x/1/manifest.json"]);
    expect(text(await store().get("indexes/x/1/data/part-1"))).toBe("one");
    const local = await store().materialize("indexes/x/1");
    expect(await readFile(path.join(local, "data/part-1"), "utf8")).toBe("one");
  });

  test("a published file can be read and materialized, and its source is gone", async () => {
    const folder = await writeTree(store(), { "rows.parquet": "PAR1" });
    await store().publish(path.join(folder, "rows.parquet"), "datasets/d/data/1.parquet");
    expect(await readdir(folder)).toEqual([]);
    const local = await store().materialize("datasets/d/data/1.parquet");
    expect(await readFile(local, "utf8")).toBe("PAR1");
  });

  test("an object that is reused is published under a second key and outlives the first", async () => {
    await store().publish(await writeTree(store(), { "b/c": "two" }), "t/1");
    const scratch = await store().scratch();
    await store().reuse("t/1/b/c", path.join(scratch, "kept/d"));
    await store().publish(scratch, "t/2");
    await store().deletePrefix("t/1/");
    expect(text(await store().get("t/2/kept/d"))).toBe("two");
    const nothing = path.join(await store().scratch(), "x");
    await expect(store().reuse("t/1/b/c", nothing)).rejects.toMatchObject({ type: "object-missing" });
  });

  test("publishing the same content again changes nothing and removes the source", async () => {
    const files = { a: "one", "b/c": "two" };
    await store().publish(await writeTree(store(), files), "t/folder");
    const folder = await writeTree(store(), files);
    await store().publish(folder, "t/folder");
    expect(existsSync(folder)).toBe(false);
    const single = await writeTree(store(), files);
    await store().publish(path.join(single, "a"), "t/file");
    await store().publish(path.join(await writeTree(store(), files), "a"), "t/file");
    expect(await keys(store(), "t/")).toEqual(["t/file", "t/folder/a", "t/folder/b/c"]);
  });
}

function describeRefusedPublishing(store: () => ObjectStore): void {
  test.each([
    ["another content", { a: "two" }],
    ["one more file", { a: "one", b: "two" }],
    ["another name", { b: "one" }],
  ])("publishing %s over a folder is refused, and both stay as they are", async (_difference, files) => {
    await store().publish(await writeTree(store(), { a: "one" }), "t/1");
    const other = await writeTree(store(), files);
    await expect(store().publish(other, "t/1")).rejects.toMatchObject({
      kind: "conflict",
      type: "object-exists",
    });
    expect((await readdir(other)).length).toBe(Object.keys(files).length);
    expect(text(await store().get("t/1/a"))).toBe("one");
    expect(await keys(store(), "t/")).toEqual(["t/1/a"]);
  });

  test("publishing another file over a file is refused", async () => {
    await store().put("t/file", bytes("one"));
    const folder = await writeTree(store(), { file: "two" });
    await expect(store().publish(path.join(folder, "file"), "t/file")).rejects.toMatchObject({
      type: "object-exists",
    });
    expect(text(await store().get("t/file"))).toBe("one");
  });

  test("of many folders published at once to one key exactly one is there, whole", async () => {
    const folders = await Promise.all(
      Array.from({ length: 8 }, (_, index) => writeTree(store(), { a: `${index}`, b: `${index}` })),
    );
    const outcomes = await Promise.allSettled(folders.map((folder) => store().publish(folder, "race/g")));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    expect(await store().get("race/g/a")).toEqual(await store().get("race/g/b"));
  });

  test("a tree with a symbolic link is not published", async () => {
    const folder = await writeTree(store(), { a: "one" });
    await symlink("/etc/hostname", path.join(folder, "link"));
    await expect(store().publish(folder, "t/1")).rejects.toMatchObject({ type: "tree-entry" });
    expect(await keys(store(), "")).toEqual([]);
  });

  test("publishing what is not there is named as such", async () => {
    const folder = await store().scratch();
    await expect(store().publish(path.join(folder, "nothing"), "t/1")).rejects.toMatchObject({
      kind: "not-found",
      type: "publish-source-missing",
    });
  });
}

function describeKeys(store: () => ObjectStore): void {
  const badKeys = [
    "",
    "/",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "./a",
    "a//b",
    "a/",
    "a\0b",
    "a\nb",
    "a\u007fb",
    "a\\..\\b",
    "\ud800",
    "x".repeat(256),
    `${"x".repeat(100)}/`.repeat(11),
    "_staging/x",
    "_staging",
  ];

  test.each(badKeys)("the key %j is refused by every operation", async (key) => {
    const refused = { kind: "invalid", type: "object-key" };
    const scratch = await store().scratch();
    await expect(store().get(key)).rejects.toMatchObject(refused);
    await expect(store().getRange(key, { offset: 0, length: 1 })).rejects.toMatchObject(refused);
    await expect(store().size(key)).rejects.toMatchObject(refused);
    await expect(store().put(key, bytes("x"))).rejects.toMatchObject(refused);
    await expect(store().putIfAbsent(key, bytes("x"))).rejects.toMatchObject(refused);
    await expect(store().delete(key)).rejects.toMatchObject(refused);
    await expect(store().publish(scratch, key)).rejects.toMatchObject(refused);
    expect(await keys(store(), "")).toEqual([]);
  });

  test.each(["..", "../", "/", "a/../", "a//", "_staging", "_staging/"])(
    "listing the prefix %j is refused",
    async (prefix) => {
      await expect(keys(store(), prefix)).rejects.toMatchObject({ kind: "invalid", type: "object-key" });
    },
  );

  test("unusual names that are safe are kept to the letter", async () => {
    const names = ["..hidden", "a..b", ".dot", "sp ace", "%2e%2e", "ünï/✓", "x".repeat(255), "a:b*?"];
    for (const name of names) await store().put(name, bytes(name));
    for (const name of names) expect(text(await store().get(name))).toBe(name);
    expect((await keys(store(), "")).length).toBe(names.length);
  });
}
