import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { datasetLog } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column, DatasetVersion } from "@lakefleet/lib/dataset/dataset-version.ts";
import { scanRowIds } from "@lakefleet/lib/dataset/scan-row-ids.ts";
import { scanRows } from "@lakefleet/lib/dataset/scan-rows.ts";
import { verifyDataset } from "@lakefleet/lib/dataset/verify-dataset.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import type { ObjectStore } from "@lakefleet/lib/storage/object-store.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { costly, costlyMs } from "../support/long-runs.ts";
import { Death, mortalStore } from "../support/mortal-store.ts";
import { stageRows } from "../support/stage-rows.ts";

type Row = [key: string, body: string | null];
type Mode = "replace" | "append" | "upsert" | "sync" | "delete";

interface Write {
  mode: Mode;
  rows: Row[];
  death: { atWrite: number; moment: "before" | "after" } | undefined;
}

const columns: Column[] = [
  { name: "key", type: "varchar" },
  { name: "body", type: "varchar" },
];

/** Few keys, texts and rows, so that duplicates, unchanged rows and equal contents are common. */
const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom("a", "b", "c", "d", "e"),
  fc.constantFrom("x", "y", null),
);
const deathArbitrary = fc.option(
  fc.record({ atWrite: fc.integer({ min: 1, max: 6 }), moment: fc.constantFrom("before", "after") }),
  { nil: undefined },
);

/** The writes of one script share three contents, so that most scripts send one again. */
function scriptArbitrary(length: { minLength: number; maxLength: number }): fc.Arbitrary<Write[]> {
  const content = fc.array(rowArbitrary, { maxLength: 6 });
  return fc.tuple(content, content, content).chain((contents) =>
    fc.array(
      fc.record({
        mode: fc.constantFrom<Mode>(
          "replace",
          "append",
          "append",
          "upsert",
          "upsert",
          "sync",
          "sync",
          "delete",
        ),
        rows: fc.constantFrom(...contents),
        death: deathArbitrary,
      }),
      length,
    ),
  );
}

test(
  "a script of writes with deaths in between always gives the model's rows",
  async () => {
    await fc.assert(
      fc.asyncProperty(scriptArbitrary({ minLength: 2, maxLength: 8 }), async (writes) => {
        await withStore(async (store) => {
          for (const [index, write] of writes.entries()) await commitUntilDone(store, write, index);
          await checkHistory(store, writes);
          await checkReruns(store, writes);
          // A script of nothing but deletions makes no dataset.
          const head = await datasetLog(store, "d").head();
          const rows = head === undefined ? [] : (await readRows(store, head.document)).rows;
          expect(rows).toEqual(applyAll(writes));
        });
      }),
      costly(5),
    );
  },
  costlyMs,
);

test(
  "writers at once, some of them dying, give the model's rows in the order of their commits",
  async () => {
    await fc.assert(
      fc.asyncProperty(scriptArbitrary({ minLength: 3, maxLength: 5 }), async (writes) => {
        await withStore(async (store) => {
          await Promise.all(writes.map((write, index) => commitUntilDone(store, write, index)));
          await checkHistory(store, writes);
          await checkReruns(store, writes);
        });
      }),
      costly(3),
    );
  },
  costlyMs,
);

async function withStore(task: (store: ObjectStore) => Promise<void>): Promise<void> {
  const root = await mkdtemp(path.join(tmpdir(), "lakefleet-dataset-"));
  try {
    await task(await openLocalStore({ name: "test", root }));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The first run may die; the second one is the queue's repetition of the job. */
async function commitUntilDone(store: ObjectStore, write: Write, index: number) {
  if (write.death !== undefined) {
    try {
      return await commitWrite(mortalStore(store, write.death), write, index);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
  }
  return commitWrite(store, write, index);
}

async function commitWrite(store: ObjectStore, write: Write, index: number) {
  const staged = await stageRows(store, columns, stagedRows(write));
  const source = { kind: "rows" as const, name: "test", format: "rows" };
  const facts = { ingestId: `ingest${index}`, mode: write.mode, contentHash: contentHash(write) };
  const committing = commitRows({ store, dataset: "d", key: "key", staged, source, settings: {}, ...facts });
  if (write.mode !== "delete") return committing;
  // What is not there yet can lose no rows.
  return committing.catch((error: unknown) => {
    if (!(error instanceof DomainError && error.type === "dataset-missing")) throw error;
  });
}

/** Rows that are the whole truth have each key once. */
function stagedRows({ mode, rows }: Write): Row[] {
  return mode === "sync" ? rows.filter(([key], index) => isLast(rows, key, index)) : rows;
}

function isLast(rows: readonly Row[], key: string, index: number): boolean {
  return rows.findLastIndex((row) => row[0] === key) === index;
}

function contentHash(write: Write): string {
  return Buffer.from(JSON.stringify(write.rows)).toString("hex").slice(0, 200) || "none";
}

/** Replays the writes in the order of their versions; every version must hold what the model holds. */
async function checkHistory(store: ObjectStore, writes: readonly Write[]): Promise<void> {
  const versions: DatasetVersion[] = [];
  for await (const commit of datasetLog(store, "d").history({ limit: 100 }))
    versions.unshift(commit.document);
  const ids = versions.map((version) => version.ingest.ingestId);
  expect(new Set(ids).size).toBe(ids.length);
  const contentById = new Map<number, string>();
  let model: Row[] = [];
  for (const version of versions) {
    const write = writes[Number(version.ingest.ingestId.slice("ingest".length))];
    if (write === undefined) throw new Error("a version of an unknown write");
    const next = applyWrite(model, write);
    model = next.rows;
    const { rowsAdded, rowsUpdated, rowsRemoved } = version.ingest;
    expect({ rowsAdded, rowsUpdated, rowsRemoved }).toEqual(next.counts);
    const stored = await readRows(store, version);
    expect(stored.rows).toEqual(model);
    expect(version.rowCount).toBe(model.length);
    expect([...(await scanRowIds({ store, version }))]).toEqual(stored.rowIds);
    for (const [position, id] of stored.rowIds.entries()) {
      const content = JSON.stringify(model[position]);
      expect(contentById.get(id) ?? content).toBe(content);
      contentById.set(id, content);
    }
  }
  for await (const finding of verifyDataset(store, "d", { deep: true })) expect(finding).toBeUndefined();
}

async function checkReruns(store: ObjectStore, writes: readonly Write[]): Promise<void> {
  const before = await datasetLog(store, "d").head();
  const made = new Map<string, number>();
  for await (const { number, document } of datasetLog(store, "d").history({ limit: 100 })) {
    made.set(document.ingest.ingestId, number);
  }
  for (const [index, write] of writes.entries()) {
    const number = made.get(`ingest${index}`);
    if (number === undefined) continue;
    const rerun = await commitWrite(store, write, index);
    expect(rerun?.version.version).toBe(number);
  }
  expect((await datasetLog(store, "d").head())?.number).toBe(before?.number);
}

async function readRows(store: ObjectStore, version: DatasetVersion) {
  const rowIds: number[] = [];
  const rows: Row[] = [];
  for await (const batch of scanRows({ store, version, columns: ["key", "body"], batchSize: 3 })) {
    expect(batch.rowIds.length).toBeLessThanOrEqual(3);
    rowIds.push(...batch.rowIds);
    for (const { key, body } of batch.rows) rows.push([String(key), body === null ? null : String(body)]);
  }
  return { rowIds, rows };
}

function applyWrite(rows: readonly Row[], write: Write) {
  if (write.mode === "replace") {
    const counts = { rowsAdded: write.rows.length, rowsUpdated: 0, rowsRemoved: rows.length };
    return { rows: write.rows, counts };
  }
  if (write.mode === "append") {
    const counts = { rowsAdded: write.rows.length, rowsUpdated: 0, rowsRemoved: 0 };
    return { rows: [...rows, ...write.rows], counts };
  }
  const keys = new Set(write.rows.map(([key]) => key));
  if (write.mode === "delete") {
    const left = rows.filter(([key]) => !keys.has(key));
    return { rows: left, counts: { rowsAdded: 0, rowsUpdated: 0, rowsRemoved: rows.length - left.length } };
  }
  const next = upsert(rows, stagedRows(write));
  if (write.mode === "upsert") return next;
  const left = next.rows.filter(([key]) => keys.has(key));
  next.counts.rowsRemoved += next.rows.length - left.length;
  return { rows: left, counts: next.counts };
}

/** One write after the other; a content appended again since the last replacement adds nothing. */
function applyAll(writes: readonly Write[]): Row[] {
  let rows: Row[] = [];
  const appended = new Set<string>();
  for (const write of writes) {
    if (write.mode === "replace") appended.clear();
    const isRepeated = write.mode === "append" && appended.has(contentHash(write));
    if (write.mode === "append") appended.add(contentHash(write));
    if (!isRepeated) rows = applyWrite(rows, write).rows;
  }
  return rows;
}

function upsert(rows: readonly Row[], incoming: readonly Row[]) {
  const last = incoming.filter(([key], index) => isLast(incoming, key, index));
  const counts = { rowsAdded: 0, rowsUpdated: 0, rowsRemoved: 0 };
  const changed = last.filter(([key, body]) => {
    const live = rows.filter((row) => row[0] === key);
    if (live.length === 1 && live[0]?.[1] === body) return false;
    if (live.length === 0) counts.rowsAdded += 1;
    else counts.rowsUpdated += 1;
    counts.rowsRemoved += Math.max(0, live.length - 1);
    return true;
  });
  const replaced = new Set(changed.map(([key]) => key));
  return { rows: [...rows.filter(([key]) => !replaced.has(key)), ...changed], counts };
}
