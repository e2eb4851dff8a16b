import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openCommitLog } from "./commit-log.ts";
import { createMemoryStore } from "./memory-store.ts";

const Counter = z.strictObject({
  version: z.int(),
  names: z.array(z.string()).default([]),
  note: z.string().optional(),
});

function openCounter(store = createMemoryStore("test")) {
  const log = openCommitLog({ store, prefix: "counter", schema: Counter });
  const add = (name: string) =>
    log.commit((head, nextNumber) => ({
      version: nextNumber,
      names: [...(head?.document.names ?? []), name],
    }));
  return { store, log, add };
}

const firstKey = "counter/000000000001.json";

describe("a commit log", () => {
  test("numbers its commits from 1, and a second reader sees them newest first", async () => {
    const { store, add } = openCounter();
    for (const name of ["a", "b", "c"]) await add(name);
    const { log } = openCounter(store);
    const history = await Array.fromAsync(log.history({ limit: 10 }));
    expect(history.map((commit) => commit.number)).toEqual([3, 2, 1]);
    expect(history[0]?.document).toEqual({ version: 3, names: ["a", "b", "c"] });
    expect((await Array.fromAsync(log.history({ limit: 2 }))).map((commit) => commit.number)).toEqual([3, 2]);
    expect(await log.read(2)).toEqual(history[1]);
  });

  test("is empty before its first commit", async () => {
    const { log } = openCounter();
    expect(await log.head()).toBeUndefined();
    expect(log.cachedHead()).toBeUndefined();
    expect(await Array.fromAsync(log.history({ limit: 5 }))).toEqual([]);
  });

  test("commits nothing where there is nothing to do", async () => {
    const { log, add } = openCounter();
    await add("a");
    expect(await log.commit(() => undefined)).toBeUndefined();
    expect((await log.head())?.number).toBe(1);
  });

  test("decides again on the new head when another writer was faster", async () => {
    const { store, log } = openCounter();
    const other = openCounter(store);
    const seen: (number | undefined)[] = [];
    const commit = await log.commit(async (head, version) => {
      seen.push(head?.number);
      if (seen.length === 1) await other.add("other");
      return { version, names: [...(head?.document.names ?? []), "mine"] };
    });
    expect(seen).toEqual([undefined, 1]);
    expect(commit?.document).toEqual({ version: 2, names: ["other", "mine"] });
  });

  test("gives up after its bound of defeats", async () => {
    const { store, log } = openCounter();
    const other = openCounter(store);
    const losing = log.commit(
      async (_, version) => {
        await other.add("faster");
        return { version, names: [] };
      },
      { triesMax: 3 },
    );
    await expect(losing).rejects.toMatchObject({ kind: "busy", type: "commit-contended" });
    expect((await other.log.head())?.number).toBe(3);
  });

  test("asks a warm log's head with one existence check", async () => {
    const { store, add } = openCounter();
    await add("a");
    const calls: string[] = [];
    const counting = new Proxy(store, {
      get(target, property, receiver) {
        calls.push(String(property));
        return Reflect.get(target, property, receiver);
      },
    });
    const log = openCommitLog({ store: counting, prefix: "counter/", schema: Counter });
    const cold = await log.head();
    calls.length = 0;
    expect(await log.head()).toBe(cold);
    expect(calls).toEqual(["size"]);
    await add("b");
    expect((await log.head())?.number).toBe(2);
  });

  test("names a commit that does not exist", async () => {
    const { log, add } = openCounter();
    await add("a");
    for (const number of [2, 0, -1, 1.5]) {
      await expect(log.read(number)).rejects.toMatchObject({ kind: "not-found", type: "commit-missing" });
    }
  });

  test("refuses a document off its schema and stores nothing", async () => {
    const { store, log } = openCounter();
    await expect(log.commit(() => ({ version: 1.5, names: [] }))).rejects.toMatchObject({
      type: "commit-document",
      field: "version",
    });
    expect(await Array.fromAsync(store.list(""))).toEqual([]);
  });

  test("stores what it returns: an undefined field is no field", async () => {
    const { store, log } = openCounter();
    const commit = await log.commit((_, version) => ({ version, names: [], note: undefined }));
    expect(await openCounter(store).log.head()).toStrictEqual(commit);
  });
});

describe("damage to a commit", () => {
  const damaged = { kind: "corrupt", type: "commit-damaged", place: { file: firstKey } };

  test("in any single byte is noticed", async () => {
    const { store, add } = openCounter();
    await add("name");
    const sound = await store.get(firstKey);
    for (let index = 0; index < sound.length - 1; index += 1) {
      const flipped = Uint8Array.from(sound);
      flipped[index] = sound[index]! ^ 1;
      await store.put(firstKey, flipped);
      await expect(openCounter(store).log.head(), `byte ${index}`).rejects.toMatchObject(damaged);
    }
  });

  test("by truncation is noticed at every length", async () => {
    const { store, add } = openCounter();
    await add("name");
    const sound = await store.get(firstKey);
    for (let length = 0; length < sound.length - 1; length += 1) {
      await store.put(firstKey, sound.subarray(0, length));
      await expect(openCounter(store).log.head()).rejects.toMatchObject(damaged);
    }
  });

  test("by a commit in another's place is noticed", async () => {
    const { store, add } = openCounter();
    await add("a");
    await add("b");
    await store.put(firstKey, await store.get("counter/000000000002.json"));
    await expect(openCounter(store).log.read(1)).rejects.toMatchObject(damaged);
  });

  test("by loss of one in the middle is noticed", async () => {
    const { store, add } = openCounter();
    for (const name of ["a", "b", "c"]) await add(name);
    await store.delete("counter/000000000002.json");
    await expect(openCounter(store).log.head()).rejects.toMatchObject({
      type: "commit-damaged",
      place: { file: "counter/000000000002.json" },
    });
  });

  test("does not include files that are no commits", async () => {
    const { store, add } = openCounter();
    await add("a");
    await store.put("counter/notes.txt", new Uint8Array());
    await store.put("counter/000000000009.json.bak", new Uint8Array());
    expect((await openCounter(store).log.head())?.number).toBe(1);
  });
});
