import path from "node:path";
import { lanceBatch, lanceSchema } from "@lakefleet/lib/vector/build/lance-batch.ts";
import { lanceColumns } from "@lakefleet/lib/vector/format/lance-columns.ts";
import { connect, Index, type Table } from "@lancedb/lancedb";
import type { Contender, Setting, Stage } from "./contender.ts";
import { documentOf } from "./documents.ts";
import { readBlocks, workloadFiles } from "./workload.ts";

export type LanceKind = "ivf_pq" | "ivf_hnsw_sq" | "ivf_rq" | "flat";

const columns = [
  { name: "id", type: "varchar" },
  { name: "body", type: "varchar" },
  { name: "category", type: "bigint" },
];
const tableName = "vectors";

/** A table with id, text, metadata and vector, an index of the given kind on the vector and a B-tree on the id. */
export function lanceContender(kind: LanceKind): Contender {
  return {
    label: `Lance ${kind.toUpperCase()}`,
    defaultSetting: {},
    ladder: ladders[kind],
    async build({ folder, workload }) {
      const connection = await connect(folder);
      const schema = lanceSchema(workload.dimension, columns);
      const table = await connection.createEmptyTable(tableName, schema);
      await addFrom(table, workload, { file: workloadFiles.vectors, first: 0 });
      // What the compaction has replaced would stay on disk as an older version for a week.
      await table.optimize({ cleanupOlderThan: new Date() });
      const config = indexConfig(kind, workload.count);
      if (config !== undefined) await table.createIndex(lanceColumns.vector, { config });
      await table.createIndex("id", { config: Index.btree() });
      table.close();
    },
    open: openTable,
    async append({ folder, workload }) {
      const connection = await connect(folder);
      const table = await connection.openTable(tableName);
      await addFrom(table, workload, { file: workloadFiles.appended, first: workload.count });
      table.close();
    },
  };
}

const probesAndRefine: Setting[] = [
  { nprobes: 20, refine: 5 },
  { nprobes: 50, refine: 5 },
  { nprobes: 100, refine: 5 },
  { nprobes: 100, refine: 10 },
  { nprobes: 150, refine: 10 },
  { nprobes: 200, refine: 20 },
  { nprobes: 316, refine: 20 },
  { nprobes: 316, refine: 50 },
];

const ladders: Record<LanceKind, Setting[]> = {
  ivf_pq: probesAndRefine,
  ivf_rq: probesAndRefine,
  ivf_hnsw_sq: [
    ...[32, 64, 128, 192].map((ef) => ({ ef })),
    ...[64, 96, 128, 192, 256].map((ef) => ({ ef, refine: 3 })),
  ],
  flat: [],
};

/** The numbers of lists and parts by which these kinds are usually compared; the rest is Lance's own. */
function indexConfig(kind: LanceKind, count: number): Index | undefined {
  const shared = { distanceType: "cosine", numPartitions: Math.round(Math.sqrt(count)) } as const;
  if (kind === "ivf_pq") return Index.ivfPq({ ...shared, numSubVectors: 96 });
  if (kind === "ivf_rq") return Index.ivfRq(shared);
  if (kind === "flat") return undefined;
  return Index.hnswSq({ ...shared, numPartitions: 1, m: 16, efConstruction: 150 });
}

async function openTable({ folder }: Stage) {
  const connection = await connect(folder);
  const table = await connection.openTable(tableName);
  return {
    async search(query: Float32Array, k: number, { nprobes, ef, refine }: Setting) {
      const ask = table.query().nearestTo(query).column(lanceColumns.vector).distanceType("cosine");
      if (nprobes !== undefined) ask.nprobes(nprobes);
      if (ef !== undefined) ask.ef(ef);
      if (refine !== undefined) ask.refineFactor(refine);
      const found = await ask.limit(k).select([lanceColumns.ordinal, lanceColumns.distance]).toArrow();
      return (found.getChild(lanceColumns.ordinal)?.toArray() ?? []) as Uint32Array;
    },
    async fetch(row: number) {
      const ask = table
        .query()
        .where(`id = '${documentOf(row).id}'`)
        .select(["id", "body", "category"]);
      const [found] = await ask.limit(1).toArray();
      return String(found?.body);
    },
    async close() {
      table.close();
      connection.close();
    },
  };
}

async function addFrom(
  table: Table,
  workload: Stage["workload"],
  { file, first }: { file: string; first: number },
): Promise<void> {
  const { dimension } = workload;
  const schema = lanceSchema(dimension, columns);
  let firstOrdinal = first;
  for (const vectors of readBlocks(path.join(workload.folder, file), dimension)) {
    const documents = Array.from({ length: vectors.length / dimension }, (_, row) =>
      documentOf(firstOrdinal + row),
    );
    const metadata = new Map<string, unknown[]>([
      ["id", documents.map(({ id }) => id)],
      ["body", documents.map(({ body }) => body)],
      ["category", documents.map(({ category }) => category)],
    ]);
    await table.add(lanceBatch(schema, { firstOrdinal, vectors, metadata }, dimension, columns));
    firstOrdinal += documents.length;
  }
}
