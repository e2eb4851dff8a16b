import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { readDataset } from "@lakefleet/lib/dataset/dataset-log.ts";
import type { Column, WriteMode } from "@lakefleet/lib/dataset/dataset-version.ts";
import { type EmbedResult, embedPending } from "@lakefleet/lib/embedding/embed-pending.ts";
import type { EmbeddingProvider } from "@lakefleet/lib/embedding/embedding-provider.ts";
import { forgetCached } from "@lakefleet/lib/embedding/forgotten-texts.ts";
import { createInlineHashProvider } from "@lakefleet/lib/embedding/hash-provider.ts";
import { openPipeline } from "@lakefleet/lib/embedding/pipeline-tables.ts";
import { syncPipeline } from "@lakefleet/lib/embedding/sync-pipeline.ts";
import { gateGeneration } from "@lakefleet/lib/gate/gate-generation.ts";
import { buildGeneration } from "@lakefleet/lib/generation/build/build-generation.ts";
import type { MergeLimits } from "@lakefleet/lib/generation/build/plan-segments.ts";
import { definitionLog } from "@lakefleet/lib/generation/definition-log.ts";
import type { IndexDefinition } from "@lakefleet/lib/generation/index-definition.ts";
import { promoteGeneration } from "@lakefleet/lib/generation/promote-generation.ts";
import { type LocalStore, openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { stageRows } from "./stage-rows.ts";

export interface LakeRow {
  name: string;
  body: string | null;
  topic?: string | null;
  year?: number | null;
}

const columns: Column[] = [
  { name: "name", type: "varchar" },
  { name: "body", type: "varchar" },
  { name: "topic", type: "varchar" },
  { name: "year", type: "bigint" },
];

/** A bucket with a dataset and an index over its column `body`. */
export interface IndexedLake {
  store: LocalStore;
  locks: string;
  define(change?: Partial<IndexDefinition>): Promise<void>;
  /** Adds rows, or writes them in another mode with `name` as their key. */
  write(rows: LakeRow[], mode?: WriteMode): Promise<void>;
  /** Chunks and embeds what is new, and forgets what is gone. */
  embed(): Promise<EmbedResult>;
  build(signal?: AbortSignal, mergeLimits?: MergeLimits): ReturnType<typeof buildGeneration>;
  /** Embeds, builds, gates and promotes; the name of the generation. */
  publish(mergeLimits?: MergeLimits): Promise<string>;
  /** The same without the gate, which takes most of the time. */
  force(mergeLimits?: MergeLimits): Promise<string>;
  /** A lake of its own that begins as this one is now; much cheaper than to make the same again. */
  copy(): Promise<IndexedLake>;
  remove(): Promise<void>;
}

export interface IndexedLakeOptions {
  /** `i` and `d` where they are not given. */
  index?: string;
  dataset?: string;
  /** The bucket of another lake or of a fleet, instead of one of its own. */
  inside?: { store: LocalStore; locks: string };
  /** The built-in one unless it is given. */
  provider?: EmbeddingProvider;
}

export async function openIndexedLake(options: IndexedLakeOptions = {}): Promise<IndexedLake> {
  const lake = await openLake(await newFolder(), 0, options);
  await lake.define();
  return lake;
}

const newFolder = () => mkdtemp(path.join(tmpdir(), "lakefleet-lake-"));

/** The lake in a folder that has seen so many writes. */
async function openLake(
  root: string,
  writesBefore: number,
  options: IndexedLakeOptions,
): Promise<IndexedLake> {
  const { index = "i", dataset = "d", inside, provider = createInlineHashProvider() } = options;
  const store = inside?.store ?? (await openLocalStore({ name: "test", root: path.join(root, "bucket") }));
  const locks = inside?.locks ?? path.join(root, "locks");
  let writes = writesBefore;
  const definition = async () => {
    const head = await definitionLog(store, index).head();
    if (head === undefined) throw new Error("the index is not defined");
    return head.document;
  };
  const lake: IndexedLake = {
    store,
    locks,
    async define(change = {}) {
      await definitionLog(store, index).commit(() => ({
        ...defaults,
        index,
        dataset,
        embedderId: provider.embedderId,
        ...change,
      }));
    },
    async write(rows, mode = "append") {
      const values = rows.map((row) => [row.name, row.body, row.topic ?? null, row.year ?? null]);
      writes += 1;
      await commitRows({
        store,
        dataset,
        ingestId: `ingest${String(writes).padStart(6, "0")}`,
        mode,
        ...(mode === "append" || mode === "replace" ? {} : { key: "name" }),
        staged: await stageRows(store, columns, values),
        contentHash: `content${writes}`,
        source: { kind: "rows", name: "rows", format: "json" },
        settings: { idColumn: "name", textColumns: ["body"], metadataColumns: ["topic", "year"] },
      });
    },
    async embed() {
      const version = await readDataset(store, dataset);
      const pipeline = await openPipeline({ store, index, locks });
      try {
        await syncPipeline({ pipeline, store, definition: await definition(), version });
        const result = await embedPending({ pipeline, provider });
        await forgetCached({ store, pipeline });
        return result;
      } finally {
        pipeline.close();
      }
    },
    build: (signal, mergeLimits) => buildGeneration({ store, index, locks, threads: 1, signal, mergeLimits }),
    async publish(mergeLimits) {
      await lake.embed();
      const { manifest } = await lake.build(undefined, mergeLimits);
      const target = { store, index, generation: manifest.generation };
      await gateGeneration(target);
      await promoteGeneration({ ...target, reason: "test", actor: "test", by: "person" });
      return manifest.generation;
    },
    async force(mergeLimits) {
      await lake.embed();
      const { generation } = (await lake.build(undefined, mergeLimits)).manifest;
      const promotion = { reason: "test", actor: "test", by: "person" as const, force: true };
      await promoteGeneration({ store, index, generation, ...promotion });
      return generation;
    },
    async copy() {
      const folder = await newFolder();
      // Generations share files by hard links, which this keeps.
      await promisify(execFile)("cp", ["-a", `${root}/.`, folder]);
      return openLake(folder, writes, options);
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
  return lake;
}

const defaults: Omit<IndexDefinition, "index" | "dataset"> = {
  schemaVersion: 1,
  textColumns: ["body"],
  metadataColumns: ["topic", "year"],
  embedderId: "hash-768@1",
  chunking: { size: 300, overlap: 0 },
  parameters: IndexParameters.parse({ backend: "hnsw" }),
  fusion: { method: "weighted", lexicalWeight: 0.85 },
};

const vocabulary = "amber basin cedar delta ember fjord grove harbor island juniper kelp lagoon meadow".split(
  " ",
);

/** Rows of made-up words; each has a word of its own, `only<tag><n>`, that no other row has. */
export function madeUpRows(count: number, tag = "a"): LakeRow[] {
  return Array.from({ length: count }, (_, row) => {
    const words = Array.from(
      { length: 12 },
      (_, place) => vocabulary[(row * 7 + place * place + (row % 5)) % 13],
    );
    return {
      name: `${tag}${row}`,
      body: `only${tag}${row} ${words.join(" ")} of ${tag}`,
      topic: ["sea", "land", null][row % 3] ?? null,
      year: 1990 + (row % 20),
    };
  });
}
