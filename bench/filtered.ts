import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { quantile } from "@lakefleet/lib/evaluation/quantile.ts";
import { calibrateSearch } from "@lakefleet/lib/generation/build/calibrate-search.ts";
import { probeOrdinals } from "@lakefleet/lib/generation/format/probe-vectors.ts";
import { vectorFolder } from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { RowFilter, VectorHits, VectorIndex } from "@lakefleet/lib/vector/vector-index.ts";
import { belowFilter, buildOnce, makeClusteredVectors, slotCount } from "./support/clustered-index.ts";
import { describeLoad, printHeading, printTable, verdict } from "./support/print-report.ts";

/**
 * Recall and latency under filters beside comparing all that match: filters that know nothing of the vectors, and
 * filters that pick whole clusters. An index that an earlier run built is taken: `node bench/filtered.ts`
 */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "100" },
    // Comparing 50,000 vectors one query at a time is what takes the time here.
    measured: { type: "string", default: "100" },
    backend: { type: "string", default: "hnsw,lance" },
    threads: { type: "string", default: "2" },
    cache: { type: "string", default: path.join(os.tmpdir(), "lakefleet-filtered") },
  },
});
const [count, dimension] = [Number(values.count), Number(values.dimension)];
const k = 10;
const tieWidth = 1e-5;
const shares = [0.5, 0.1, 0.01, 0.001];

printHeading("Filtered search");
const data = makeClusteredVectors({ count, dimension, queryCount: Number(values.queries) });
const queries = data.queries.slice(0, Number(values.measured));
await mkdir(values.cache, { recursive: true });
for (const backend of values.backend.split(",")) await benchBackend(IndexParameters.parse({ backend }));
console.log(describeLoad("after"));

async function benchBackend(parameters: IndexParameters): Promise<void> {
  const { backend } = parameters;
  const target = path.join(values.cache, `${backend}-${count + data.queries.length}-${dimension}`);
  const { folder } = await buildOnce({ folder: target, data, parameters, threads: Number(values.threads) });
  const location = { folder: path.join(folder, vectorFolder), dimension, vectorCount: count };
  const fresh = await openVectorIndex({ ...location, parameters });
  const ordinals = probeOrdinals(count);
  const probes = { ordinals, vectors: await fresh.fetch(ordinals) };
  const begin = performance.now();
  const calibrated = await calibrateSearch({ vectors: fresh, probes, parameters });
  const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
  await fresh.close();
  console.log(`\n${backend}, effort ${calibrated.parameters.expansionSearch}, measured in ${seconds} s.\n`);
  const index = await openVectorIndex({ ...location, ...calibrated });
  const rows = [await row(index, "none", undefined)];
  for (const share of shares) {
    const slots = belowFilter("slot", Math.max(1, Math.round(share * slotCount)), data);
    rows.push(await row(index, `any ${share * 100} %`, slots));
    const clusters = belowFilter("cluster", Math.max(1, Math.round(share * data.clusterCount)), data);
    rows.push(await row(index, `clusters, ${share * 100} %`, clusters));
  }
  const compared = "comparing all, p50 / p95 ms";
  printTable(["filter", "recall@10", "≥ 0.98", "compared whole", "p50 / p95 ms", compared], rows);
  await index.close();
}

async function row(index: VectorIndex, name: string, filter: RowFilter | undefined): Promise<string[]> {
  const exact = await timed((query) => index.exact(query, { k, filter }));
  await timed((query) => index.search(query, { k, filter }));
  const found = await timed((query) => index.search(query, { k, filter }));
  let reached = 0;
  let wanted = 0;
  found.hits.forEach(({ scores }, place) => {
    const truth = exact.hits[place]!.scores;
    wanted += truth.length;
    reached += scores.filter((score) => score >= truth.at(-1)! - tieWidth).length;
  });
  const recall = reached / wanted;
  const whole = found.hits.filter((hits) => hits.exact).length / found.hits.length;
  const met = verdict(recall, { least: 0.98 }).split(": ")[1]!;
  return [name, recall.toFixed(4), met, `${Math.round(whole * 100)} %`, found.latency, exact.latency];
}

async function timed(search: (query: Float32Array) => Promise<VectorHits>) {
  const durations: number[] = [];
  const hits: VectorHits[] = [];
  for (const query of queries) {
    const begin = performance.now();
    hits.push(await search(query));
    durations.push(performance.now() - begin);
  }
  const latency = [0.5, 0.95].map((at) => quantile(durations, at).toFixed(2)).join(" / ");
  return { hits, latency };
}
