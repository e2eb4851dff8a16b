import { mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { calibrateSearch } from "@lakefleet/lib/generation/build/calibrate-search.ts";
import { probeOrdinals } from "@lakefleet/lib/generation/format/probe-vectors.ts";
import { vectorFolder } from "@lakefleet/lib/generation/format/row-store-layout.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorIndex } from "@lakefleet/lib/vector/read/open-vector-index.ts";
import type { RowFilter, VectorHits, VectorIndex } from "@lakefleet/lib/vector/vector-index.ts";
import { belowFilter, buildOnce, makeClusteredVectors, slotCount } from "./support/clustered-index.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    dimension: { type: "string", default: "768" },
    queries: { type: "string", default: "100" },
    backend: { type: "string", default: "hnsw,lance" },
    threads: { type: "string", default: "2" },
    cache: { type: "string", default: path.join(os.tmpdir(), "lakefleet-filtered") },
  },
});
const [count, dimension] = [Number(values.count), Number(values.dimension)];
const k = 10;
const data = makeClusteredVectors({ count, dimension, queryCount: Number(values.queries) });
await mkdir(values.cache, { recursive: true });
for (const backend of values.backend.split(",")) {
  const parameters = IndexParameters.parse({ backend });
  const folder = path.join(values.cache, `${backend}-${count + data.queries.length}-${dimension}`);
  const built = await buildOnce({ folder, data, parameters, threads: Number(values.threads) });
  console.log(backend, "build", built.seconds);
  const location = { folder: path.join(folder, vectorFolder), dimension, vectorCount: count };
  const fresh = await openVectorIndex({ ...location, parameters });
  const ordinals = probeOrdinals(count);
  const probes = { ordinals, vectors: await fresh.fetch(ordinals) };
  const begin = performance.now();
  const calibrated = await calibrateSearch({ vectors: fresh, probes, parameters });
  console.log("calibration", performance.now() - begin, JSON.stringify(calibrated));
  await fresh.close();
  const index = await openVectorIndex({ ...location, ...calibrated });
  for (const [name, column, total] of [
    ["any", "slot", slotCount],
    ["clusters", "cluster", data.clusterCount],
  ] as const) {
    for (const share of [1, 0.5, 0.1, 0.01, 0.001]) {
      if (share === 1 && column === "cluster") continue;
      const filter =
        share === 1 ? undefined : belowFilter(column, Math.max(1, Math.round(share * total)), data);
      await measure(`${backend} ${name} ${share}`, index, filter);
    }
  }
  await index.close();
}

async function measure(name: string, index: VectorIndex, filter: RowFilter | undefined) {
  const timed = async (search: (query: Float32Array) => Promise<VectorHits>) => {
    const ms: number[] = [];
    const hits: VectorHits[] = [];
    for (const query of data.queries) {
      const begin = performance.now();
      hits.push(await search(query));
      ms.push(performance.now() - begin);
    }
    ms.sort((a, b) => a - b);
    return { hits, p50: ms[ms.length >> 1]!, p95: ms[Math.floor(ms.length * 0.95)]! };
  };
  const exact = await timed((query) => index.exact(query, { k, filter }));
  await timed((query) => index.search(query, { k, filter }));
  const found = await timed((query) => index.search(query, { k, filter }));
  let reached = 0;
  let wanted = 0;
  found.hits.forEach((hits, place) => {
    const truth = exact.hits[place]!.scores;
    wanted += truth.length;
    reached += hits.scores.filter((score) => score >= truth.at(-1)! - 1e-5).length;
  });
  const exactShare = found.hits.filter((hits) => hits.exact).length / found.hits.length;
  console.log(
    name,
    "recall",
    (reached / wanted).toFixed(4),
    "exact%",
    exactShare,
    "p50",
    found.p50.toFixed(2),
    "p95",
    found.p95.toFixed(2),
    "exact p50",
    exact.p50.toFixed(2),
    exact.p95.toFixed(2),
  );
}
