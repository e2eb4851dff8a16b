import path from "node:path";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { findIngested } from "@lakefleet/lib/dataset/find-ingested.ts";
import { sqlLiteral } from "@lakefleet/lib/dataset/sql-quote.ts";
import { openProvider } from "@lakefleet/lib/embedding/open-provider.ts";
import { definitionLog } from "@lakefleet/lib/generation/definition-log.ts";
import { readManifest } from "@lakefleet/lib/generation/read-manifest.ts";
import { newIntentId } from "@lakefleet/lib/jobs/intent-id.ts";
import { findBehind } from "@lakefleet/lib/refresh/find-behind.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { silentTelemetry } from "@lakefleet/lib/telemetry/telemetry.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { stageQuery } from "../../test/support/stage-rows.ts";
import { handleEmbed } from "../../workers/embed/handle-embed.ts";
import { handleIndex } from "../../workers/index/handle-index.ts";
import { contextOf } from "./bench-pipeline.ts";

export interface RefreshRun {
  milliseconds: Record<string, number>;
  /** How the generation came about. */
  how: string;
}

const [dataset, index] = ["d", "i"];
const columns = [
  { name: "id", type: "bigint" as const },
  { name: "text", type: "varchar" as const },
];

/** A dataset that is compared whole with a table of texts, and its index, by the handlers of the workers. */
export async function openRefreshLake({ folder, csv, size }: { folder: string; csv: string; size: number }) {
  const store = await openLocalStore({ name: "bench", root: path.join(folder, "bucket") });
  const locks = path.join(folder, "locks");
  const telemetry = silentTelemetry();
  await definitionLog(store, index).commit(() => ({
    schemaVersion: 1,
    index,
    dataset,
    textColumns: ["text"],
    metadataColumns: [],
    embedderId: "hash-768@1",
    chunking: { size: 1_000, overlap: 100 },
    parameters: IndexParameters.parse({ backend: "hnsw" }),
    fusion: { method: "weighted", lexicalWeight: 0.85 },
  }));
  /** As many rows as `delta`, spread over the table, say which round they were changed in; others are as they were. */
  const stage = (delta: number, round: number) => {
    const stride = Math.max(1, Math.floor(size / Math.max(1, delta)));
    const isChanged = delta === 0 ? "false" : `(id - 1) % ${stride} = 0 AND (id - 1) // ${stride} < ${delta}`;
    const text = `CASE WHEN ${isChanged} THEN text || ' changed in round ${round}' ELSE text END`;
    return stageQuery(
      store,
      columns,
      `SELECT id, ${text} AS text FROM read_csv(${sqlLiteral(csv)}) ORDER BY id`,
    );
  };
  const commit = async (staged: Awaited<ReturnType<typeof stage>>, contentHash: string) =>
    commitRows({
      store,
      dataset,
      ingestId: newIntentId(),
      mode: "sync",
      key: "id",
      staged,
      contentHash,
      source: { kind: "rows", name: "texts", format: "csv" },
      settings: { idColumn: "id", textColumns: ["text"] },
    });
  return {
    /** Reads the source, which is not counted, then brings dataset and index level with it. */
    async refresh({ delta, round }: { delta: number; round: number }): Promise<RefreshRun> {
      const staged = await stage(delta, round);
      const milliseconds: Record<string, number> = {};
      const timed = async <Result>(step: string, task: () => Promise<Result>): Promise<Result> => {
        const begin = performance.now();
        const result = await task();
        milliseconds[step] = performance.now() - begin;
        return result;
      };
      const { version, noop } = await timed("rows", () => commit(staged, `round ${round}`));
      if (noop) return { milliseconds, how: "nothing to do" };
      const intent = newIntentId();
      const world = { store, locks, telemetry, embedders: { open: openProvider } };
      await timed("embed", () =>
        handleEmbed({ intent, index }, contextOf(`${intent}.embed`, undefined), world),
      );
      let before: unknown;
      for (const step of ["build", "gate", "promote"] as const) {
        before = await timed(step, () =>
          handleIndex({ step, intent, index }, contextOf(`${intent}.${step}`, before), world),
        );
      }
      const { generation } = before as { generation: string };
      const { parent, segments } = (await readManifest(store, index, generation)).manifest;
      const { rowsUpdated, rowsAdded } = version.ingest;
      const how = parent === null ? "built whole" : `appended, ${segments.length} segments`;
      return { milliseconds, how: `${how}, ${rowsAdded + rowsUpdated} rows` };
    },
    lookForWork: () => findBehind(store, dataset),
    /** What a source costs beyond its reading that holds what it held the last time. */
    readAgain: () => findIngested(store, dataset, { contentHash: "round 0", mode: "sync" }),
  };
}
